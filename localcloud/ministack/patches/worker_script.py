"""Where patches of the Python worker put their code: after MiniStack's helpers, before its main loop starts."""

from __future__ import annotations


def insert(code: str) -> None:
    """Put code into the script that every Python worker runs; it may redefine what the script's helpers define."""
    from ministack.core import lambda_runtime as runtime

    helpers = runtime.INVOKE_DEPTH_BOOTSTRAP
    script = runtime._PYTHON_WORKER_SCRIPT
    if not script.startswith(helpers):
        raise RuntimeError("MiniStack's worker script has another form than the one the patches are written for")
    runtime._PYTHON_WORKER_SCRIPT = helpers + code + script[len(helpers) :]
