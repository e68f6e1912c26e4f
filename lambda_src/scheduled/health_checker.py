"""Every five minutes, and for GET /health: are all the resources there that the application depends on?"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from aws.clients import error_code
from domain.callers import Caller
from runtime.context import LambdaContext
from runtime.initialisation import at_init
from runtime.logs import logger
from runtime.settings import read
from runtime.work import unit_of_event
from scheduled.health.checks import OK, Checker, Result
from scheduled.health.dependencies import Dependencies, make_clients, probes
from scheduled.health.gauges import gauge
from scheduled.health.state import Kept, State, representation
from scheduled.jobs import accepted
from web.endpoints import EndpointSettings, Operation, ready, serve
from web.requests import Request
from web.responses import Response, json_response

OPERATION = Operation("getHealth", public=True)
JOB = "health-checker"
# Well above what a cold process takes to connect to a dozen dependencies at once, which is up to 1.4 s of CPU, and well
# below the function's 20 s.
PROBE_SECONDS = 5.0

_checker = Checker(PROBE_SECONDS)
_kept = Kept(time.monotonic)


@dataclass(frozen=True, kw_only=True)
class Settings(EndpointSettings):
    """What an endpoint has, and all resources, as JSON (`Dependencies.of`)."""

    dependencies: str


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an API Gateway proxy event, or do what the schedule asks for."""
    if isinstance(event, Mapping) and "httpMethod" in event:
        return serve(event, context, operation=OPERATION, settings=Settings, respond=respond)
    return check(event, context)


def respond(_request: Request, _caller: Caller, settings: Settings) -> Response:
    """Return how the dependencies are: 200 when all are well, else 503."""
    state = _kept.get(lambda: _look(settings))
    return json_response(200 if state.healthy else 503, representation(state))


def check(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Look at everything, leave metrics, and log what is not well.

    A dependency that is down is no error of this function: an alarm for it belongs on the metric `Healthy`.

    Raises
    ------
    ForeignEvent
        The event is neither the schedule's nor empty. Nothing is looked at.
    """
    settings = read(Settings)
    with unit_of_event(settings, kind=JOB, correlation_id=context.aws_request_id) as work:
        accepted(event, work)
        state = _kept.renew(lambda: _look(settings))
        gauge(settings, healthy=state.healthy, milliseconds=max(result.milliseconds for result in state.results))
        work.details["healthy"] = state.healthy
        return representation(state)


def _look(settings: Settings) -> State:
    time_ns = time.time_ns()
    results = _checker.run(probes(Dependencies.of(settings.dependencies)))
    for result in results:
        if result.status != OK:
            _log(result)
    return State(results, time_ns)


def _log(result: Result) -> None:
    """Log a dependency that is not well. The error's text stays out: it may hold what is no log's business."""
    line: dict[str, object] = {
        "dependency": result.name,
        "status": result.status,
        "milliseconds": result.milliseconds,
    }
    if result.error is not None:
        line["error"] = error_code(result.error)
    logger().error("dependency", extra=line)


at_init(partial(ready, OPERATION, Settings), make_clients)
