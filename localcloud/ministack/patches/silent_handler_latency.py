"""A handler that logs nothing is as fast as one that does.

After each invocation MiniStack reads a worker's standard error until it is quiet, and waits up to 50 ms for a first
line: every call of a silent handler costs that much, and a late line ends up in the log of the next invocation. AWS has
no such delay (Lambda Developer Guide, "Sending Lambda function logs to CloudWatch Logs"). With the patch the worker
writes a marker line at the end of each invocation's log, before its result, and the reader stops at exactly that line.
"""

from __future__ import annotations

import queue
import time
from typing import Any

from localcloud.ministack.probing import Endpoint
from localcloud.ministack.support import worker_script

EFFECT = "no 50 ms delay; a log holds the lines of its own invocation"
AFTER = ("lambda_stdout_protocol",)

_END = "\x1e end of invocation \x1e"
_LONGEST_WAIT_S = 0.25

_WORKER_CODE = f"""
def _end_each_log():
    import sys

    class Answers:
        def __init__(self, stream):
            self._stream = stream

        def write(self, text):
            if not text.startswith('{{"status": "ready"'):
                sys.stderr.write({_END!r} + "\\n")
                sys.stderr.flush()
            return self._stream.write(text)

        def flush(self):
            self._stream.flush()

    sys.stdout = Answers(sys.stdout)

_end_each_log()
"""


def apply() -> None:
    """Patch the worker and the code that reads its log."""
    from ministack.core import lambda_runtime as runtime

    drain = runtime.Worker._drain_stderr_bounded

    def drain_to_the_end(worker: Any, *waits: float) -> str:
        if not str(worker.config.get("Runtime", "python")).startswith("python"):
            return str(drain(worker, *waits))
        return _collect(worker._stderr_queue)

    worker_script.insert(_WORKER_CODE)
    runtime.Worker._drain_stderr_bounded = drain_to_the_end


def _collect(written: queue.Queue[str]) -> str:
    lines: list[str] = []
    deadline = time.monotonic() + _LONGEST_WAIT_S
    while True:
        try:
            line = written.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return "\n".join(lines)
        text, end, _ = line.partition(_END)
        if text or not end:
            lines.append(text)
        if end:
            return "\n".join(lines)


def probe(aws: Endpoint) -> bool:
    """Time a handler that logs nothing."""
    function = aws.function("def handler(event, context):\n    return 1")

    def seconds() -> float:
        start = time.perf_counter()
        aws.invoke(function)
        return time.perf_counter() - start

    return min(seconds() for _ in range(8)) < 0.045
