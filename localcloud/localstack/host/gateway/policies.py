"""Evaluate an authorizer's policy for a method (IAM User Guide, "Policy evaluation logic")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

from localcloud.localstack.host.gateway.conditions import holds
from localcloud.localstack.host.gateway.errors import PolicyProblem

_INVOKE = "execute-api:Invoke"


class Verdict(Enum):
    """The result of all statements together."""

    ALLOWED = "allowed"
    DENIED = "denied by a statement"
    UNMENTIONED = "allowed by no statement"


def evaluate(document: Any, method_arn: str, facts: Mapping[str, str]) -> Verdict:
    """Return the policy's verdict on calling a method.

    An explicit deny overrides any allow, and what no statement allows is refused.

    Parameters
    ----------
    document
        The policy document, as the authorizer's function returned it.
    method_arn
        As in `Request.method_arn`.
    facts
        Values of condition keys, such as "aws:SourceIp".

    Raises
    ------
    PolicyProblem
        The policy is invalid.
    """
    applicable = [
        statement["Effect"]
        for statement in statements(document)
        if _applies(statement, method_arn) and holds(statement.get("Condition"), facts)
    ]
    if "Deny" in applicable:
        return Verdict.DENIED
    return Verdict.ALLOWED if "Allow" in applicable else Verdict.UNMENTIONED


def statements(document: Any) -> list[Mapping[str, Any]]:
    """Return a policy's statements, after checking their required elements ("IAM JSON policy elements reference").

    Raises
    ------
    PolicyProblem
        The policy is invalid.
    """
    if not isinstance(document, Mapping):
        raise PolicyProblem("a policy must be an object")
    found = document.get("Statement")
    checked = [_checked(statement) for statement in _listed(found)]
    if not checked:
        raise PolicyProblem("a policy must have a statement")
    return checked


def _checked(statement: Any) -> Mapping[str, Any]:
    # The effect may be anything, also a list, which cannot be looked up in a set.
    if not isinstance(statement, Mapping) or statement.get("Effect") not in ("Allow", "Deny"):
        raise PolicyProblem("a statement must have an effect, Allow or Deny")
    for element in ("Action", "Resource"):
        given = [name for name in (element, f"Not{element}") if name in statement]
        if len(given) != 1:
            raise PolicyProblem(f"a statement must have either {element} or Not{element}")
        patterns = _listed(statement[given[0]])
        if not patterns or not all(isinstance(pattern, str) for pattern in patterns):
            raise PolicyProblem(f"{given[0]} must be a string or a list of strings")
    return statement


def _applies(statement: Mapping[str, Any], method_arn: str) -> bool:
    # Actions are not case sensitive, ARNs are.
    return _covers(statement, "Action", _INVOKE, re.IGNORECASE) and _covers(statement, "Resource", method_arn, 0)


def _covers(statement: Mapping[str, Any], element: str, value: str, flags: int) -> bool:
    if element in statement:
        return any(_matches(pattern, value, flags) for pattern in _listed(statement[element]))
    return not any(_matches(pattern, value, flags) for pattern in _listed(statement[f"Not{element}"]))


def _matches(pattern: str, value: str, flags: int) -> bool:
    """Return whether a value matches a pattern of `*` (any characters, including `/`) and `?` (any single one)."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, flags | re.DOTALL) is not None


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]
