"""What schemathesis checks beside its own checks; it loads this file by itself (`SCHEMATHESIS_HOOKS`).

Its own checks hold every answer against the contract: no 5xx, declared statuses, content types, bodies; no data that
breaks the contract is taken; what needs a token refuses a missing and an invented one; what was created is there, and
what was deleted is not.
"""

from __future__ import annotations

import atexit
import itertools
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import schemathesis
from jsonschema import Draft4Validator

from domain.errors import InvalidInput
from domain.items import draft_from
from runtime.strict_json import parse_object

_COUNTS: Counter[str] = Counter()
_NUMBERS = itertools.count(1)
# Rules that the contract cannot say: who made a cursor, and what a text or a price may hold.
_WITH_DRAFTS = {"createItem", "updateItem"}
# They depend on what is stored: whose an item is, its version, a key that was used, an item that has all its images.
_OF_STATE = {403, 404, 409, 412, 422, 429}


@atexit.register
def _write_counts() -> None:
    """Leave the number of requests by outcome for the test."""
    Path(os.environ["GENERATED_REQUESTS_COUNTS"]).write_text(json.dumps(_COUNTS), encoding="utf-8")


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Make good headers of those that are only well-formed.

    A used idempotency key gives the first answer, even of an item that is gone, so each is sent once; a made-up entity
    tag names no version, so every other condition is one that holds.
    """
    if not case.headers or not _is_positive(case):
        return
    number = next(_NUMBERS)
    if "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = f"{case.headers['Idempotency-Key'][:240]}-{number}"
    if "If-Match" in case.headers and number % 2:
        case.headers["If-Match"] = "*"


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Count."""
    _COUNTS[str(response.status_code)] += 1
    if _is_positive(case) and response.status_code < 300:
        _COUNTS[f"{case.operation.label} positive"] += 1


@schemathesis.check
def valid_data_is_taken(ctx: Any, response: Any, case: Any) -> None:
    """Data by the contract is refused only for what is stored, or for a rule that JSON Schema has no words for."""
    if response.status_code < 300 or response.status_code in {304, *_OF_STATE} or not _is_by_the_contract(case):
        return
    problem = response.json()
    if response.status_code == 400 and problem["type"] == "/problems/invalid-cursor" and "cursor" in case.query:
        return
    if response.status_code == 400 and _breaks_a_rule_of_drafts(case, response):
        return
    raise AssertionError(f"data by the contract is refused: {problem}")


@schemathesis.check
def errors_are_problems(ctx: Any, response: Any, case: Any) -> None:
    """Every error is a problem document (RFC 9457) that can be found in the log and tells nothing of the inside."""
    operation = case.operation.definition.raw.get("operationId")
    if response.status_code < 400 or (operation == "getHealth" and response.status_code == 503):
        return
    [content_type] = response.headers["content-type"]
    assert content_type.startswith("application/problem+json"), content_type
    if response.request.method == "HEAD":
        return
    problem = response.json()
    assert problem.get("status", response.status_code) == response.status_code, problem
    assert problem["title"], problem
    assert problem["requestId"], problem
    text = response.content.decode()
    for leak in ("arn:aws", "Traceback", "starter-", "botocore", ".py", "Bearer "):
        if leak not in _sent(response):
            assert leak not in text, text


@schemathesis.check
def a_method_off_the_contract_is_not_found(ctx: Any, response: Any, case: Any) -> None:
    """API Gateway knows no 405: what is no path and method of the contract is a 404."""
    meta = case.meta
    scenario = getattr(meta.phase.data, "scenario", None) if meta else None
    if scenario is not None and scenario.name == "UNSPECIFIED_HTTP_METHOD" and response.request.method != "OPTIONS":
        assert response.status_code in {404, 429}, response.status_code


@schemathesis.check
def headers_say_what_the_body_says(ctx: Any, response: Any, case: Any) -> None:
    """ETag is the item's version, Location is its path, nothing is kept by a cache unasked, browsers may read it."""
    headers = {name.lower(): values[0] for name, values in response.headers.items()}
    operation = case.operation.definition.raw.get("operationId")
    if response.request.method != "HEAD":
        assert "access-control-allow-origin" in headers, headers
    if response.request.method not in {"OPTIONS", "HEAD"}:
        assert "cache-control" in headers, headers
    if response.status_code in {200, 201} and operation in {"createItem", "getItem", "updateItem"}:
        assert headers["etag"] == f'"{response.json()["version"]}"', headers
    if response.status_code == 201:
        path = urlsplit(response.request.url).path.rstrip("/")
        made = response.json()["id"] if operation == "createItem" else None
        assert unquote(path).endswith(unquote(headers["location"].removesuffix(f"/{made}"))), headers["location"]


def _is_positive(case: Any) -> bool:
    return bool(case.meta and case.meta.generation.mode.is_positive)


def _is_by_the_contract(case: Any) -> bool:
    """Say whether the case is meant to be good and is: the longest texts are generated without regard to patterns."""
    declared = case.operation.definition.raw.get("parameters", [])
    sent = {"header": case.headers or {}, "query": case.query or {}, "path": case.path_parameters or {}}
    return _is_positive(case) and all(
        Draft4Validator(parameter["schema"]).is_valid(sent[parameter["in"]][parameter["name"]])
        for parameter in declared
        if parameter["name"] in sent[parameter["in"]]
    )


def _sent(response: Any) -> str:
    body = response.request.body or b""
    return unquote(response.request.url) + (body.decode(errors="replace") if isinstance(body, bytes) else str(body))


def _breaks_a_rule_of_drafts(case: Any, response: Any) -> bool:
    if case.operation.definition.raw.get("operationId") not in _WITH_DRAFTS:
        return False
    try:
        draft_from(parse_object(response.request.body.decode()))
    except InvalidInput:
        return True
    return False
