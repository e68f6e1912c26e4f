"""What every endpoint does around its own work: check the caller, turn errors into answers, log and count."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from domain.callers import ANONYMOUS, Caller, has_ended
from runtime.context import FunctionSettings, LambdaContext
from runtime.logs import logger
from runtime.settings import read
from runtime.work import unit_of_work
from web.problems import Problem, internal_error, problem_of, unauthorized
from web.requests import Request, parse
from web.responses import Response, problem_response, render


@dataclass(frozen=True, kw_only=True)
class EndpointSettings(FunctionSettings):
    """Settings that every endpoint has.

    Parameters
    ----------
    cors_origin
        The origin whose pages may read the answers, or "*".
    validate_answers
        Check each answer against the contract before it leaves.
    """

    cors_origin: str
    validate_answers: bool = False


@dataclass(frozen=True)
class Operation:
    """One operation of the contract.

    Parameters
    ----------
    id
        Its `operationId`.
    scope
        What a token must grant; empty for a public operation, and for no other.
    anonymous
        Whether a caller without a token may be let through by the authorizer.
    public
        Whether no authorizer is asked: every caller is anonymous, whatever they show.
    """

    id: str
    scope: str = ""
    anonymous: bool = False
    public: bool = False

    def __post_init__(self) -> None:
        """Refuse an operation that asks for nothing without saying that it is public, or says so and asks."""
        if self.public == bool(self.scope):
            raise ValueError(f"{self.id} needs either a scope or to be public")


S = TypeVar("S", bound=EndpointSettings)
Respond = Callable[[Request, Caller, S], Response]


def ready(operation: Operation, settings: type[S]) -> None:
    """Do what every request of an operation needs done once, for `at_init`: settings, and the answers' validators."""
    if read(settings).validate_answers:
        from web.answers import compile_checks

        compile_checks(operation.id)


def serve(
    event: Mapping[str, Any],
    context: LambdaContext,
    *,
    operation: Operation,
    settings: type[S],
    respond: Respond[S],
    now: Callable[[], float] = time.time,
) -> dict[str, Any]:
    """Answer one request of an operation: always with an answer of the contract, never with an exception.

    Parameters
    ----------
    event, context
        What Lambda passes to a handler.
    operation
        Which operation of the contract this is.
    settings
        The function's settings, read at the first request.
    respond
        The operation itself. An expected error that it raises is answered by a problem document, another by a 500.
    now
        Seconds since the Unix epoch.
    """
    configured: S | None = None
    with unit_of_work("request", "Requests") as unit:
        request = parse(event, context)
        # The resource template, and never the path, which holds what the caller has sent.
        unit.fields = {"operation": operation.id, "method": request.method, "route": request.route}
        unit.fields |= {"request_id": request.request_id, "correlation_id": request.correlation_id}
        try:
            unit.settings = configured = read(settings)
            response = respond(request, _authorised(request, operation, now()), configured)
        except Exception as caught:
            unit.fields["error"] = type(caught).__name__
            response = _answer_to(caught, request)
        if configured and configured.validate_answers:
            response = _checked(operation, request, response)
        unit.fields["status"] = response.status
        unit.dimensions = {"operation": operation.id, "status": f"{response.status // 100}xx"}
    return render(response, request, configured.cors_origin if configured else "")


def _authorised(request: Request, operation: Operation, now: float) -> Caller:
    """Check again what the authorizer has checked: a method whose authorizer is lost must not be an open one.

    API Gateway keeps the authorizer's answer for minutes, in which the token may have ended.
    """
    if operation.public:
        return ANONYMOUS
    caller = request.caller
    if caller is None or (caller.anonymous and not operation.anonymous):
        raise unauthorized()
    if not caller.anonymous and (request.expires_at is None or has_ended(request.expires_at, now)):
        raise unauthorized()
    if not caller.anonymous and not caller.may(operation.scope):
        raise Problem(403, "scope-missing", f"The token does not grant {operation.scope}.")
    return caller


def _answer_to(error: Exception, request: Request) -> Response:
    problem = problem_of(error)
    if problem is None:
        problem = internal_error()
        logger().error("unexpected error", exc_info=error, extra={"request_id": request.request_id})
    return problem_response(problem, request.request_id)


def _checked(operation: Operation, request: Request, response: Response) -> Response:
    from web.answers import ContractViolation, check_answer

    try:
        check_answer(operation.id, response.status, json.loads(response.body) if response.body else None)
    except ContractViolation as violation:
        return _answer_to(violation, request)
    return response
