"""A function that raises an exception keeps its execution environment.

MiniStack kills the process after any exception of the handler, so the next call is a cold start. On AWS (Lambda
Developer Guide, "Understanding the Lambda execution environment lifecycle") only a crash or a timeout resets the
environment; an exception is the invocation's result, and the process stays warm. Authorizers refuse by raising, so
every refused token cost a cold start. With the patch the worker returns an exception under another name, which
MiniStack does not treat as fatal.
"""

from __future__ import annotations

import json
from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "a function that raises stays warm"
AFTER = ("worker_exits",)

_ANSWER = '{"status": "error", "error": str(e), "trace": traceback.format_exc()}'
_KEPT = '{"status": "ok", "raised": {"error": str(e), "trace": traceback.format_exc()}}'


def apply() -> None:
    """Patch the Python worker, and the code that reads its results."""
    from ministack.core import lambda_runtime as runtime

    script = runtime._PYTHON_WORKER_SCRIPT
    if script.count(_ANSWER) != 1:
        raise RuntimeError("MiniStack's worker script is not the one that the patches are written for")
    runtime._PYTHON_WORKER_SCRIPT = script.replace(_ANSWER, _KEPT)
    invoke = runtime.Worker.invoke

    def invoking(self: Any, event: Any, request_id: str, **more: Any) -> dict[str, Any]:
        response: dict[str, Any] = invoke(self, event, request_id, **more)
        raised = response.pop("raised", None)
        return {**response, **raised, "status": "error"} if raised else response

    runtime.Worker.invoke = invoking


def probe(aws: Endpoint) -> bool:
    """Raise twice, and compare the process ids."""
    code = "import os\ndef handler(event, context):\n    raise ValueError(str(os.getpid()))"
    raising = aws.function(code)
    results = [json.loads(aws("lambda").invoke(FunctionName=raising)["Payload"].read()) for _ in range(2)]
    first, second = (result["errorMessage"] for result in results)
    return bool(first == second)
