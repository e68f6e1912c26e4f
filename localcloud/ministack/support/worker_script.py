"""Add code to the script that every Python worker runs: after MiniStack's helpers, before its main loop."""

from __future__ import annotations

_inserted: list[str] = []


def insert(code: str) -> None:
    """Add code after what was inserted before; it may redefine what the script's helpers define."""
    from ministack.core import lambda_runtime as runtime

    before = runtime.INVOKE_DEPTH_BOOTSTRAP + "".join(_inserted)
    script = runtime._PYTHON_WORKER_SCRIPT
    if not script.startswith(before):
        raise RuntimeError("MiniStack's worker script is not the one that the patches are written for")
    runtime._PYTHON_WORKER_SCRIPT = before + code + script[len(before) :]
    _inserted.append(code)
