"""Decide whether a request is allowed: call a Lambda authorizer, or use its cached result.

The order is API Gateway's ("API Gateway Lambda authorization workflow"): read the identity, use a cached result for it
or call the function, then evaluate the policy for the requested method.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.localstack.host.gateway import identity
from localcloud.localstack.host.gateway.errors import PolicyProblem
from localcloud.localstack.host.gateway.events import request_event, token_event
from localcloud.localstack.host.gateway.grants import Grant, Grants, grant
from localcloud.localstack.host.gateway.policies import Verdict, evaluate
from localcloud.localstack.host.gateway.refusals import denied, failed, misconfigured, unauthorized
from localcloud.localstack.host.gateway.request import Request

DEFAULT_TTL = 300
"""Seconds for which a result is cached when the authorizer sets none (API Reference, "CreateAuthorizer")."""


@dataclass(frozen=True)
class Output:
    """The result of invoking a function.

    Attributes
    ----------
    payload
        What it returned or, when it failed, {"errorMessage": ..., "errorType": ...}, as JSON.
    failed
        Whether it raised an exception (`FunctionError` in Lambda's Invoke).
    """

    payload: bytes
    failed: bool = False


class NotCalled(Exception):
    """The function could not be invoked."""


Call = Callable[[Mapping[str, Any], bytes], Output]
"""Invokes an authorizer's function with a JSON event; raises `NotCalled`."""


class Authorization:
    """Allows or refuses requests; caches the results of authorizers.

    Parameters
    ----------
    call
        Invokes an authorizer's function.
    clock
        Returns seconds, to expire cached results.
    """

    def __init__(self, call: Call, clock: Callable[[], float]) -> None:
        self._call = call
        self._grants = Grants(clock)

    def check(self, authorizer: Mapping[str, Any], stage: tuple[str, str], request: Request) -> Grant:
        """Return what the caller is granted.

        Parameters
        ----------
        authorizer
            As returned by API Gateway's GetAuthorizer, of type TOKEN or REQUEST.
        stage
            The API's id and the stage's name: results are not shared between stages.

        Raises
        ------
        Refusal
            The request is refused.
        """
        if authorizer["type"] == "TOKEN":
            source, expression = authorizer.get("identitySource"), authorizer.get("identityValidationExpression")
            token = identity.token(source, expression, request)
            key: tuple[Hashable, ...] = (token,)
            event = token_event(token, request)
        else:
            key = identity.values(authorizer.get("identitySource"), request)
            event = request_event(request)
        granted = self._granted(authorizer, (*stage, authorizer["id"], *key) if key else None, event)
        try:
            verdict = evaluate(granted.policy, request.method_arn, _facts(request))
        except PolicyProblem:
            raise misconfigured() from None
        if verdict is not Verdict.ALLOWED:
            raise denied(explicitly=verdict is Verdict.DENIED)
        return granted

    def _granted(self, authorizer: Mapping[str, Any], key: tuple[Hashable, ...] | None, event: dict[str, Any]) -> Grant:
        ttl = authorizer.get("authorizerResultTtlInSeconds")
        ttl = DEFAULT_TTL if ttl is None else int(ttl)
        keeps = key is not None and ttl > 0
        kept = self._grants.get(key) if keeps else None
        if kept is not None:
            return kept
        granted = self._asked(authorizer, event)
        if keeps:
            self._grants.put(key, granted, ttl)
        return granted

    def _asked(self, authorizer: Mapping[str, Any], event: dict[str, Any]) -> Grant:
        try:
            output = self._call(authorizer, json.dumps(event).encode())
        except NotCalled:
            raise misconfigured() from None
        try:
            answer = json.loads(output.payload)
        except ValueError:
            answer = None
        if not output.failed:
            return grant(answer)
        message = answer.get("errorMessage") if isinstance(answer, dict) else None
        # The text with which a function reports that it does not know the caller.
        raise unauthorized() if message == "Unauthorized" else failed()


def _facts(request: Request) -> dict[str, str]:
    """Return the condition keys of a request, as far as they are known here."""
    caller: Mapping[str, Any] = request.context.get("identity") or {}
    facts = {
        "aws:SourceIp": caller.get("sourceIp"),
        "aws:UserAgent": caller.get("userAgent"),
        "aws:Referer": request.header("Referer") or None,
        "aws:EpochTime": _seconds(request.context.get("requestTimeEpoch")),
        "aws:CurrentTime": _seconds(request.context.get("requestTimeEpoch")),
        "aws:SecureTransport": "false",
    }
    return {name: str(value) for name, value in facts.items() if value is not None}


def _seconds(milliseconds: Any) -> str | None:
    return None if milliseconds is None else str(int(milliseconds) / 1000)
