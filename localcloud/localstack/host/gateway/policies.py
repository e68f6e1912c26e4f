"""What an authorizer's policy says about a method (IAM User Guide, "Policy evaluation logic")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

from localcloud.localstack.host.gateway.conditions import holds
from localcloud.localstack.host.gateway.errors import PolicyProblem

_INVOKE = "execute-api:Invoke"


class Verdict(Enum):
    """What all statements come to."""

    ALLOWED = "allowed"
    DENIED = "denied by a statement"
    UNMENTIONED = "allowed by no statement"


def evaluate(document: Any, method_arn: str, facts: Mapping[str, str]) -> Verdict:
    """Return what a policy says about calling a method.

    One statement that denies outweighs any that allow, and what no statement allows is refused.

    Parameters
    ----------
    document
        The policy document, as the authorizer's function returned it.
    method_arn
        As in `Request.method_arn`.
    facts
        Values of condition keys, "aws:SourceIp" among them.

    Raises
    ------
    PolicyProblem
        It is no policy.
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
    """Return a policy's statements, each checked for what it has to have ("IAM JSON policy elements reference").

    Raises
    ------
    PolicyProblem
        It is no policy.
    """
    if not isinstance(document, Mapping):
        raise PolicyProblem("a policy is an object")
    found = document.get("Statement")
    checked = [_checked(statement) for statement in _listed(found)]
    if not checked:
        raise PolicyProblem("a policy has a statement")
    return checked


def _checked(statement: Any) -> Mapping[str, Any]:
    # Anything may stand there, a list too, which a set could not be asked for.
    if not isinstance(statement, Mapping) or statement.get("Effect") not in ("Allow", "Deny"):
        raise PolicyProblem("a statement has an effect, Allow or Deny")
    for element in ("Action", "Resource"):
        given = [name for name in (element, f"Not{element}") if name in statement]
        if len(given) != 1:
            raise PolicyProblem(f"a statement has either {element} or Not{element}")
        patterns = _listed(statement[given[0]])
        if not patterns or not all(isinstance(pattern, str) for pattern in patterns):
            raise PolicyProblem(f"{given[0]} is a text or a list of texts")
    return statement


def _applies(statement: Mapping[str, Any], method_arn: str) -> bool:
    # Actions are compared without regard to case, ARNs with.
    return _covers(statement, "Action", _INVOKE, re.IGNORECASE) and _covers(statement, "Resource", method_arn, 0)


def _covers(statement: Mapping[str, Any], element: str, value: str, flags: int) -> bool:
    if element in statement:
        return any(_matches(pattern, value, flags) for pattern in _listed(statement[element]))
    return not any(_matches(pattern, value, flags) for pattern in _listed(statement[f"Not{element}"]))


def _matches(pattern: str, value: str, flags: int) -> bool:
    """Say whether `*` (any characters, `/` among them) and `?` (any single one) make the pattern the value."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, flags | re.DOTALL) is not None


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]
