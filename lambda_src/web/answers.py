"""Answers held against the contract. The schemas are rendered from the API description by the build."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).with_name("schemas.json")


class ContractViolation(Exception):
    """An answer is not one that the contract has."""


def check_answer(operation_id: str, status: int, body: Any) -> None:
    """Check that an answer is one of the contract's.

    Parameters
    ----------
    operation_id
        The operation's `operationId`.
    status
        HTTP status of the answer.
    body
        The body as JSON values; `None` for an answer without one.

    Raises
    ------
    ContractViolation
        The operation has no such status, or the body does not fit its schema.
    """
    responses = _schemas()["responses"].get(operation_id, {})
    if str(status) not in responses:
        raise ContractViolation(f"{operation_id} has no answer {status}")
    check = _validator(operation_id, str(status))
    if (check is None) != (body is None):
        raise ContractViolation(f"{operation_id} {status}: {'no' if check is None else 'a'} body is expected")
    if check is not None:
        from fastjsonschema import JsonSchemaValueException

        try:
            check(body)
        except JsonSchemaValueException as error:
            # The message alone: it names the place and the rule, and not the value.
            raise ContractViolation(f"{operation_id} {status}: {error.message}") from None


def compile_checks(operation_id: str) -> None:
    """Compile what `check_answer` checks the answers of an operation with; done once, however often it is called."""
    for status in _schemas()["responses"].get(operation_id, {}):
        _validator(operation_id, status)


def forget() -> None:
    """Forget the schemas, so that they are read again."""
    _schemas.cache_clear()
    _validator.cache_clear()


@cache
def _schemas() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SCHEMAS.read_text(encoding="utf-8"))
    return found


@cache
def _validator(operation_id: str, status: str) -> Callable[[Any], Any] | None:
    schema = _schemas()["responses"][operation_id][status]
    if schema is None:
        return None
    import fastjsonschema

    document = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "allOf": [schema],
        "components": {"schemas": _schemas()["schemas"]},
    }
    validator: Callable[[Any], Any] = fastjsonschema.compile(document)
    return validator
