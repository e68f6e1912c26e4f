"""Conditions of a policy statement (IAM User Guide, "IAM JSON policy elements: Condition operators").

Supports operators for strings, addresses, numbers, dates and booleans, with `IfExists`, and `Null`. Operators for ARNs,
binary data and multivalued keys (`ForAllValues:`) are not supported: no condition key of a request to API Gateway has
such a value ("AWS condition keys that can be used in API Gateway resource policies").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any

from localcloud.localstack.host.gateway.errors import PolicyProblem


def _like(value: str, wanted: str) -> bool:
    expression = re.escape(wanted).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _within(value: str, wanted: str) -> bool:
    return ip_address(value) in ip_network(wanted, strict=False)


def _moment(value: str) -> float:
    """Return the seconds since 1970 of a W3C date (ISO 8601), or of a number."""
    try:
        return float(value)
    except ValueError:
        moment = datetime.fromisoformat(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": _like,
    "IpAddress": _within,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
    "NumericEquals": lambda value, wanted: float(value) == float(wanted),
    "NumericLessThan": lambda value, wanted: float(value) < float(wanted),
    "NumericLessThanEquals": lambda value, wanted: float(value) <= float(wanted),
    "NumericGreaterThan": lambda value, wanted: float(value) > float(wanted),
    "NumericGreaterThanEquals": lambda value, wanted: float(value) >= float(wanted),
    "DateEquals": lambda value, wanted: _moment(value) == _moment(wanted),
    "DateLessThan": lambda value, wanted: _moment(value) < _moment(wanted),
    "DateLessThanEquals": lambda value, wanted: _moment(value) <= _moment(wanted),
    "DateGreaterThan": lambda value, wanted: _moment(value) > _moment(wanted),
    "DateGreaterThanEquals": lambda value, wanted: _moment(value) >= _moment(wanted),
}

# Operators that are true where their counterpart is not, also when the key is missing.
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}


def holds(condition: Any, facts: Mapping[str, str]) -> bool:
    """Return whether every key of every operator matches; true without a condition.

    Parameters
    ----------
    condition
        {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}, or `None`.
    facts
        Values by condition key; keys are not case sensitive.

    Raises
    ------
    PolicyProblem
        An unknown operator, or a value that it does not accept.
    """
    if condition is None:
        return True
    known = {name.lower(): value for name, value in facts.items()}
    try:
        return all(
            _holds(operator, known.get(key.lower()), [_text(one) for one in _listed(wanted)])
            for operator, keys in condition.items()
            for key, wanted in keys.items()
        )
    except (ArithmeticError, AttributeError, TypeError, ValueError) as error:
        raise PolicyProblem("a condition has operators, and each of them keys with values") from error


def _holds(operator: str, value: str | None, wanted: list[str]) -> bool:
    if operator == "Null":
        return any((value is None) == (one.lower() == "true") for one in wanted)
    name = operator.removesuffix("IfExists")
    negated = name in _NEGATED
    test = _TESTS.get(_NEGATED.get(name, name))
    if test is None:
        raise PolicyProblem(f"unknown condition operator {operator}")
    if value is None:
        return negated or operator.endswith("IfExists")
    return any(test(value, one) for one in wanted) is not negated


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
