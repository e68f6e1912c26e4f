"""POST /items: create an item that belongs to the caller."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from aws.clients import connect
from aws.idempotency.key_records import KeyReused, StillInProgress, key_of
from aws.items.writing import put_new, put_new_once
from domain.callers import WRITE, Caller
from domain.items import draft_from, given, new_item, representation
from domain.json_text import to_json
from runtime.context import LambdaContext
from runtime.initialisation import at_init
from web.bodies import json_object
from web.endpoints import EndpointSettings, Operation, ready, serve
from web.etags import etag
from web.problems import Problem, invalid_parameter
from web.requests import Request
from web.responses import Response, json_response

OPERATION = Operation("createItem", scope=WRITE)
KEPT_SECONDS = 24 * 3600
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, kw_only=True)
class Settings(EndpointSettings):
    """Names of the tables of items and of idempotency records."""

    items_table: str
    idempotency_table: str


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an API Gateway proxy event."""
    return serve(event, context, operation=OPERATION, settings=Settings, respond=respond)


def respond(
    request: Request,
    caller: Caller,
    settings: Settings,
    *,
    now_ns: Callable[[], int] = time.time_ns,
    entropy: Callable[[int], bytes] = os.urandom,
) -> Response:
    """Store the item, once per `Idempotency-Key` where the caller sends one.

    Parameters
    ----------
    request, caller, settings
        What is asked, by whom, and where items are.
    now_ns, entropy
        Nanoseconds since the Unix epoch, and random bytes.
    """
    draft = draft_from(json_object(request))
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise invalid_parameter("Idempotency-Key", "has to be 1 to 255 visible ASCII characters")
    now = now_ns()
    item = new_item(draft, caller.subject, now, entropy)
    headers = {"Location": f"{request.path.rstrip('/')}/{item.id}", "ETag": etag(item.version)}
    answer = json_response(201, representation(item), headers)
    if key is None:
        put_new(settings.items_table, item, request.correlation_id)
        return answer
    seconds = now // 1_000_000_000
    try:
        first = put_new_once(
            settings.items_table,
            item,
            request.correlation_id,
            records=settings.idempotency_table,
            key=key_of(
                [OPERATION.id, caller.subject, key], {name: to_json(value) for name, value in given(draft).items()}
            ),
            answer=asdict(answer),
            expires=seconds + KEPT_SECONDS,
            now=seconds,
        )
    except KeyReused:
        raise Problem(422, "idempotency-key-reused", "This Idempotency-Key belongs to another request.") from None
    except StillInProgress:
        detail = "The first request with this Idempotency-Key is still being answered."
        raise Problem(409, "idempotency-key-in-progress", detail, headers={"Retry-After": "1"}) from None
    return Response(**first)


at_init(partial(ready, OPERATION, Settings), partial(connect, "dynamodb"))
