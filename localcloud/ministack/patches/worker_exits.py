"""A function whose process exits, or cannot be started, fails as on AWS.

MiniStack answers `Runtime.HandlerError` and "Worker process died" whatever the cause, and names Python's exceptions
where no process started. On AWS (Lambda Developer Guide, "Troubleshoot invocation issues in Lambda") the error is
`Runtime.ExitError`, and its message names the request and the exit status or signal. The patch reads them from the
process.
"""

from __future__ import annotations

import json
import subprocess
from typing import Any

from localcloud.localstack.host.exits import NotStarted, reason
from localcloud.ministack.probing import Endpoint

EFFECT = (
    "a function whose process exits or cannot be started fails with `Runtime.ExitError` and its exit status or signal"
)

_PATIENCE_S = 2.0
_DIED = "Worker process died"
_NEVER_LIVED = "Worker process exited immediately"


def apply() -> None:
    """Patch the worker, and the code that turns its result into a response."""
    from ministack.core import lambda_runtime as runtime
    from ministack.services import lambda_svc

    spawn, invoke, execute = runtime.Worker._spawn, runtime.Worker.invoke, lambda_svc._execute_function_warm

    def spawning(self: Any) -> None:
        self._proc = None
        try:
            spawn(self)
        except (OSError, ValueError) as problem:
            raise NotStarted(problem, str(getattr(problem, "filename", None) or "program")) from problem
        finally:
            self._started = self._proc

    def invoking(self: Any, event: Any, request_id: str, **more: Any) -> dict[str, Any]:
        try:
            response: dict[str, Any] = invoke(self, event, request_id, **more)
        except NotStarted as problem:
            return _exited(request_id, problem.reason, problem.log_line)
        except RuntimeError as problem:
            if not str(problem).startswith(_NEVER_LIVED):
                raise
            return _exited(request_id, reason(_exit_code(self._started)), self._drain_stderr())
        if response.get("error") == _DIED:
            return {**response, **_exited(request_id, reason(_exit_code(self._started)), response.get("log", ""))}
        return response

    def executing(function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        result: dict[str, Any] = execute(function, event, request_id)
        body = result.get("body")
        if result.get("error") and isinstance(body, dict) and _is_exit(body.get("errorMessage"), request_id):
            body["errorType"] = "Runtime.ExitError"
        return result

    runtime.Worker._spawn, runtime.Worker.invoke = spawning, invoking
    lambda_svc._execute_function_warm = executing


def _exit_code(process: subprocess.Popen[str]) -> int:
    """Return the exit code of a process that has closed its standard output; kill it if it does not exit."""
    try:
        return process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _exited(request_id: str, why: str, log: str) -> dict[str, Any]:
    return {"status": "error", "error": f"RequestId: {request_id} Error: {why}", "log": log}


def _is_exit(message: Any, request_id: str) -> bool:
    return str(message).startswith(f"RequestId: {request_id} Error: Runtime exited ")


def probe(aws: Endpoint) -> bool:
    """Exit, and die of a signal."""
    code = "import os\ndef handler(event, context):\n    os._exit(3) if event else os.kill(os.getpid(), 40)"
    dying = aws.function(code)
    answers = [aws("lambda").invoke(FunctionName=dying, Payload=payload) for payload in ("1", "0")]
    errors = [json.loads(answer["Payload"].read()) for answer in answers]
    return [(error["errorType"], error["errorMessage"].partition(" Error: ")[2]) for error in errors] == [
        ("Runtime.ExitError", "Runtime exited with error: exit status 3"),
        ("Runtime.ExitError", "Runtime exited with error: signal: signal 40"),
    ]
