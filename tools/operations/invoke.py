"""Invoking deployed functions by hand, through the alias that everything else invokes them by."""

from __future__ import annotations

import base64
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.access.clients import answering, client
from tools.access.environments import Environment
from tools.errors import CloudProblem, TerraformProblem, UsageProblem
from tools.terminal.suggestions import did_you_mean

ALIAS = "live"
_LONGEST_S = 900  # Lambda's own limit
STDIN = "-"
_SERVER_ERROR = 500


@dataclass(frozen=True)
class Invocation:
    """How an invocation ended.

    Parameters
    ----------
    function
        The function's name in AWS.
    status
        200 with an answer, 202 when an asynchronous invocation was accepted.
    answer
        What the function returned, or its error document; None of an asynchronous one.
    error
        `Unhandled` or `Handled` as Lambda says ("Invoke", X-Amz-Function-Error); empty when the function returned.
    log
        The last 4 KB of the invocation's log.
    """

    function: str
    status: int
    answer: Any = None
    error: str = ""
    log: str = ""

    @property
    def message(self) -> str:
        """What a function error says, as `Type: message`."""
        if not isinstance(self.answer, dict):
            return str(self.answer)
        parts = [str(self.answer[key]) for key in ("errorType", "errorMessage") if self.answer.get(key)]
        return ": ".join(parts) or self.error


def function_name(outputs: dict[str, Any], function: str) -> str:
    """Return the name in AWS of a function by its name here.

    Raises
    ------
    UsageProblem
        There is no such function in the deployment.
    """
    names: dict[str, str] = outputs.get("functions", {})
    if function in names:
        return names[function]
    if function in names.values():
        return function
    known = ", ".join(sorted(names)) or "none"
    raise UsageProblem(
        f"There is no function {function!r}; there are: {known}.{did_you_mean(function, names)}",
        "python -m tools outputs --json shows all that is deployed",
    )


def read_event(source: str | None) -> Any:
    """Return the event in a JSON file, or on standard input for `-`; an empty object without a source.

    Raises
    ------
    UsageProblem
        There is no such file, or it is not JSON.
    """
    if source is None:
        return {}
    path = Path(source)
    if source != STDIN and not path.is_file():
        raise UsageProblem(f"There is no file {source}.", "python -m tools events list shows recorded ones")
    name = "What came on standard input" if source == STDIN else source
    try:
        return json.loads(sys.stdin.read() if source == STDIN else path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageProblem(f"{name} is not JSON: {error}.", "pass one JSON document with --event") from None


def invoke(environment: Environment, name: str, event: Any, *, asynchronous: bool = False) -> Invocation:
    """Invoke a function's alias `live` and return what came of it.

    Parameters
    ----------
    name
        The function's name in AWS.
    event
        JSON values.
    asynchronous
        Let Lambda queue the event and retry as it does for S3 and EventBridge; nothing but the acceptance is returned.

    Raises
    ------
    TerraformProblem
        The function or its alias is gone.
    CloudProblem
        Lambda throttles the function.
    UsageProblem
        The event is larger than Lambda takes.
    """
    force = f"python -m tools deploy --env {environment.name} --force"
    expected = {
        "ResourceNotFoundException": TerraformProblem(f"{name} has no alias {ALIAS!r}.", force),
        "TooManyRequestsException": CloudProblem(f"{name} is at its limit of concurrent runs.", "try again"),
        "RequestTooLargeException": UsageProblem("The event is larger than Lambda takes.", "send a smaller one"),
    }
    # A repeated attempt would be a second invocation, so a slow answer is waited for.
    functions = client(environment, "lambda", read_timeout=_LONGEST_S + 10, retries={"total_max_attempts": 1})
    with answering(environment, f"to invoke {name}", expected):
        answer = functions.invoke(
            FunctionName=name,
            Qualifier=ALIAS,
            InvocationType="Event" if asynchronous else "RequestResponse",
            LogType="None" if asynchronous else "Tail",
            Payload=json.dumps(event).encode(),
        )
        payload = answer["Payload"].read()
    log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")
    return Invocation(name, answer["StatusCode"], _decoded(payload), answer.get("FunctionError", ""), log.rstrip())


def document(done: Invocation) -> dict[str, Any]:
    """Return an invocation as JSON values; `error` is the function error's sentence, empty without one."""
    error = done.message if done.error else ""
    return {"function": done.function, "answer": done.answer, "error": error, "log": done.log}


def reported(answer: Any) -> str:
    """Return the failure that a function has answered instead of raising it; empty where there is none.

    An API's answer of 500 and above, and a batch of which some items are to be tried again (Lambda Developer Guide,
    "Implementing partial batch responses").
    """
    if not isinstance(answer, dict):
        return ""
    status = answer.get("statusCode")
    if isinstance(status, int) and status >= _SERVER_ERROR:
        return f"status {status}"
    failures = answer.get("batchItemFailures")
    return f"{len(failures)} failed items of the batch" if isinstance(failures, list) and failures else ""


def _decoded(payload: bytes) -> Any:
    if not payload:
        return None
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode(errors="replace")
