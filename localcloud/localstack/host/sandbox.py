"""One execution environment: started once, called many times, one call at a time.

Failures follow AWS (Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle"). A start has
ten seconds; if it fails, it is repeated within the timeout of the next call. After a call that times out or ends the
process, the next call starts a new process.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass

from localcloud.localstack.host.exits import NotStarted
from localcloud.localstack.host.log_events import LogEvent
from localcloud.localstack.host.platform_log import PlatformLog, Report
from localcloud.localstack.host.runtime_api import Answer, Invocation, now_ms
from localcloud.localstack.host.worker import Program, Worker

INIT_S = 10.0
"""How long a start may take before it is given up, and repeated by the first call."""

_TOO_LARGE = "Function.ResponseSizeTooLarge"


@dataclass(frozen=True)
class Limits:
    """The function's configuration: timeout in seconds, memory in megabytes."""

    timeout_s: float
    memory_mb: int


@dataclass(frozen=True)
class Result:
    """The result of a call, and everything that was logged since the previous one."""

    answer: Answer
    events: list[LogEvent]


class Sandbox:
    """An execution environment.

    Parameters
    ----------
    program
        The program to start.
    limits
        The function's timeout and memory.
    platform
        Creates the platform's log events.
    """

    def __init__(self, program: Program, limits: Limits, platform: PlatformLog) -> None:
        self._program = program
        self._limits = limits
        self._platform = platform
        self._worker: Worker | None = None
        self._events: list[LogEvent] = []
        self._init_ms: float | None = None
        self._stopped = False
        self._lock = threading.Lock()

    def start(self) -> Answer | None:
        """Start the process; return the error if that fails."""
        began = time.perf_counter()
        failure = self._init(INIT_S, "")
        self._init_ms = (time.perf_counter() - began) * 1000
        return failure

    def invoke(self, invocation: Invocation) -> Result:
        """Call the function; every failure is returned as a result."""
        self._take()
        self._events += self._platform.start(invocation.request_id)
        began = time.perf_counter()
        answer = self._call(invocation, began + self._limits.timeout_s)
        duration_ms = min((time.perf_counter() - began) * 1000, self._limits.timeout_s * 1000)
        used_mb = self._worker.peak_mb() if self._worker else 1
        self._take()
        status = "success"
        if answer.error_type == "Sandbox.Timedout":
            status = "timeout"
        elif answer.error and (answer.error_type == _TOO_LARGE or not (self._worker and self._worker.runs)):
            status = "error"
        if status != "success":
            self._discard()
        if answer.error_type in ("Sandbox.Timedout", "Runtime.ExitError"):
            message = str(json.loads(answer.payload)["errorMessage"]).partition(" Error: ")[2]
            self._events += self._platform.problem(invocation.request_id, message, answer.error_type)
        report = Report(
            duration_ms=duration_ms,
            init_ms=self._init_ms,
            memory_mb=self._limits.memory_mb,
            used_mb=used_mb,
            status=status,
            error_type=answer.error_type if status == "error" else "",
        )
        self._init_ms = None
        self._events += self._platform.end(invocation.request_id, report)
        events, self._events = self._events, []
        return Result(answer, events)

    def stop(self) -> None:
        """End the process; a call in progress ends with an error."""
        with self._lock:
            self._stopped = True
            worker, self._worker = self._worker, None
        if worker:
            worker.end()

    def _call(self, invocation: Invocation, deadline: float) -> Answer:
        if self._worker and not self._worker.runs:
            self._discard()
        if self._worker is None:
            failure = self._init(deadline - time.perf_counter(), invocation.request_id)
            if failure:
                return failure
        worker = self._worker
        left_s = deadline - time.perf_counter()
        if worker is None:
            return _failure(invocation.request_id, "Runtime.ExitError", "The environment was stopped")
        worker.api.send(invocation, deadline_ms=now_ms() + int(left_s * 1000))
        answer = worker.api.wait(left_s)
        return answer or self._without_answer(worker, invocation.request_id)

    def _init(self, patience_s: float, request_id: str) -> Answer | None:
        """Start a process and wait until it asks for its first invocation."""
        with self._lock:
            if self._stopped:
                return _failure(request_id, "Runtime.ExitError", "The environment was stopped")
            try:
                worker = self._worker = Worker(self._program)
            except NotStarted as problem:
                self._events.append(LogEvent(now_ms(), problem.log_line))
                return _failure(request_id, "Runtime.ExitError", problem.reason)
        if worker.api.wait_ready(patience_s):
            return None
        failure = worker.api.init_error or self._without_answer(worker, request_id)
        self._take()
        self._discard()
        return failure

    def _without_answer(self, worker: Worker, request_id: str) -> Answer:
        """Return the error of a process that gave no result: it exited, or the call timed out."""
        if worker.api.closed:
            return _failure(request_id, "Runtime.ExitError", worker.reason())
        return _failure(request_id, "Sandbox.Timedout", f"Task timed out after {self._limits.timeout_s:.2f} seconds")

    def _take(self) -> None:
        if self._worker:
            self._events += self._worker.events()

    def _discard(self) -> None:
        with self._lock:
            worker, self._worker = self._worker, None
        if worker:
            worker.end()
            self._events += worker.events()


def _failure(request_id: str, error_type: str, message: str) -> Answer:
    problem = {"errorType": error_type, "errorMessage": f"RequestId: {request_id} Error: {message}"}
    return Answer(json.dumps(problem).encode(), error=True, error_type=error_type)
