"""The result of an authorizer's function ("Output from an API Gateway Lambda authorizer"), and its cache."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.localstack.host.gateway.errors import PolicyProblem
from localcloud.localstack.host.gateway.policies import statements
from localcloud.localstack.host.gateway.refusals import misconfigured

_MOST_KEPT = 10_000


@dataclass(frozen=True)
class Grant:
    """Who the caller is, and what they may do.

    Attributes
    ----------
    policy
        The policy document, with at least one statement.
    context
        `requestContext.authorizer` of the integration's event: the context of the result, as strings, and
        `principalId`.
    usage_key
        `usageIdentifierKey`: the caller's API key, where the API takes keys from its authorizers.
    """

    policy: Mapping[str, Any]
    context: Mapping[str, str]
    usage_key: str | None = None


def grant(answer: Any) -> Grant:
    """Return what a function granted.

    Raises
    ------
    Refusal
        AUTHORIZER_CONFIGURATION_ERROR: the result is invalid. Objects and lists are not allowed as context values.
    """
    if not isinstance(answer, Mapping):
        raise misconfigured()
    policy = answer.get("policyDocument")
    try:
        statements(policy)
    except PolicyProblem:
        raise misconfigured() from None
    context = answer.get("context")
    if context is not None and not isinstance(context, Mapping):
        raise misconfigured()
    values = {str(name): _text(value) for name, value in (context or {}).items() if value is not None}
    principal = answer.get("principalId")
    if principal is not None:
        values["principalId"] = _text(principal)
    key = answer.get("usageIdentifierKey")
    assert isinstance(policy, Mapping)
    return Grant(policy, values, None if key is None else _text(key))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise misconfigured()


class Grants:
    """Cached grants, each for the time that its authorizer sets.

    A grant applies to everything that its caller requests in the stage: the policy is evaluated for each request ("Use
    API Gateway Lambda authorizers"). Thread-safe.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: dict[Hashable, tuple[float, Grant]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Grant | None:
        """Return the grant for a key, unless it has expired."""
        with self._lock:
            until, kept = self._kept.get(key, (0.0, None))
            return kept if self._clock() < until else None

    def put(self, key: Hashable, granted: Grant, seconds: int) -> None:
        """Cache a grant. Beyond ten thousand, the oldest are dropped."""
        now = self._clock()
        with self._lock:
            self._kept.pop(key, None)
            if len(self._kept) >= _MOST_KEPT:
                self._kept = {one: kept for one, kept in self._kept.items() if now < kept[0]}
            while len(self._kept) >= _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = (now + seconds, granted)
