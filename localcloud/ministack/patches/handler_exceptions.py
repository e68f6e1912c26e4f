"""A function that raises an exception keeps its execution environment.

MiniStack kills the process after any exception of the handler, so the next call starts a new one. On AWS (Lambda
Developer Guide, "Understanding the Lambda execution environment lifecycle") the environment is reset after a crash or
a timeout; an exception is the invocation's answer, and what the process holds stays warm. An authorizer refuses by an
exception, so every refused token cost a cold start. Here the worker answers an exception under another name, by which
MiniStack does not know that it ends the process.
"""

from __future__ import annotations

from typing import Any

_ANSWER = '{"status": "error", "error": str(e), "trace": traceback.format_exc()}'
_KEPT = '{"status": "ok", "raised": {"error": str(e), "trace": traceback.format_exc()}}'


def apply() -> None:
    """Patch the Python worker, and what reads its answers."""
    from ministack.core import lambda_runtime as runtime

    script = runtime._PYTHON_WORKER_SCRIPT
    if script.count(_ANSWER) != 1:
        raise RuntimeError("MiniStack's worker script has another form than the one the patches are written for")
    runtime._PYTHON_WORKER_SCRIPT = script.replace(_ANSWER, _KEPT)
    invoke = runtime.Worker.invoke

    def invoking(self: Any, event: Any, request_id: str, **more: Any) -> dict[str, Any]:
        response: dict[str, Any] = invoke(self, event, request_id, **more)
        raised = response.pop("raised", None)
        return {**response, **raised, "status": "error"} if raised else response

    runtime.Worker.invoke = invoking
