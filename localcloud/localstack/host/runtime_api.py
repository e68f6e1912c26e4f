"""The AWS Lambda Runtime API on a loopback port: passes one invocation at a time to one process.

AWS documents it in "Using the Lambda runtime API for custom runtimes" (Lambda Developer Guide), version 2018-06-01.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from localcloud.guard.request import Request
from localcloud.guard.rule import from_another_site

RESPONSE_LIMIT = 6 * 1024 * 1024 + 100
"""The largest response in bytes (Lambda Developer Guide, "Lambda quotas": 6 MB; AWS's own message says 6291556)."""

_PREFIX = "/2018-06-01/runtime/"


@dataclass(frozen=True)
class Invocation:
    """One invocation of a function.

    Parameters
    ----------
    request_id
        The request id.
    payload
        The event, as JSON.
    arn
        The ARN that was invoked, with the alias or version if there was one.
    trace
        The value of the `X-Amzn-Trace-Id` header.
    client_context
        What the caller passed as `ClientContext`, decoded: JSON.
    """

    request_id: str
    payload: bytes
    arn: str
    trace: str = ""
    client_context: str = ""


@dataclass(frozen=True)
class Answer:
    """The result of a function: JSON, and whether it is an error."""

    payload: bytes
    error: bool
    error_type: str = ""


class RuntimeApi:
    """Serves one process from its start to its end.

    The owner waits for `ready`, then calls `send` and `wait` in turn; `close` ends all waiting.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ready = False
        self._closed = False
        self._pending: tuple[Invocation, int] | None = None
        self._current = ""
        self._answer: Answer | None = None
        self._init_error: Answer | None = None
        self._server = _Server(self)

    @property
    def address(self) -> str:
        """The value of `AWS_LAMBDA_RUNTIME_API`: host and port."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    @property
    def ready(self) -> bool:
        """Whether the process has asked for its first invocation."""
        return self._ready

    @property
    def closed(self) -> bool:
        """Whether the process exited, or was closed."""
        return self._closed

    @property
    def init_error(self) -> Answer | None:
        """The initialization error that the process reported."""
        return self._init_error

    def wait_ready(self, timeout_s: float) -> bool:
        """Wait for the first request, an init error or the end of the process; return whether it is ready."""
        with self._changed:
            self._changed.wait_for(lambda: self._ready or self._init_error or self._closed, timeout_s)
            return self._ready

    def send(self, invocation: Invocation, *, deadline_ms: int) -> None:
        """Pass an invocation; `deadline_ms` is the time of its timeout, in milliseconds since 1970."""
        with self._changed:
            self._answer = None
            self._current = invocation.request_id
            self._pending = (invocation, deadline_ms)
            self._changed.notify_all()

    def wait(self, timeout_s: float) -> Answer | None:
        """Return the result, or `None` when there is none in time, or the process exited without one."""
        with self._changed:
            self._changed.wait_for(lambda: self._answer or self._closed, timeout_s)
            answer, self._answer, self._current, self._pending = self._answer, None, "", None
            return answer

    def close(self) -> None:
        """End all waiting, and stop listening."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify_all()
        self._server.end()

    def next(self) -> tuple[Invocation, int] | None:
        """Wait for an invocation, for the process; `None` when there will be none."""
        with self._changed:
            self._ready = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._pending or self._closed)
            pending, self._pending = self._pending, None
            return pending

    def answered(self, request_id: str, answer: Answer) -> bool:
        """Accept a result from the process; return `False` when that invocation is not waiting for one."""
        with self._changed:
            if request_id != self._current or self._closed:
                return False
            self._answer = answer
            self._changed.notify_all()
            return True

    def failed(self, answer: Answer) -> None:
        """Accept the process's report that its initialization failed."""
        with self._changed:
            self._init_error = answer
            self._changed.notify_all()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, api: RuntimeApi) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api = api
        self._ended = False
        threading.Thread(target=self._serve, name="runtime-api", daemon=True).start()

    def end(self) -> None:
        self._ended = True
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for connections
        self.server_close()

    def _serve(self) -> None:
        while not self._ended:
            with contextlib.suppress(OSError, ValueError):
                self.handle_request()

    def verify_request(self, request: object, client_address: Any) -> bool:  # noqa: ARG002 - socketserver's
        """Serve only processes of this user: every user of the machine can connect to a loopback port."""
        return user_of(client_address) == os.getuid()

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore errors: a process that is killed leaves its connection half finished."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: object) -> None:
        """Keep requests out of the log."""

    def _from_a_page(self) -> bool:
        """Return whether a browser sent the request, under any host name; a function's process is not a browser."""
        own = ":".join(map(str, self.server.server_address[:2]))
        request = Request.of(self.command, self.path, [(n.encode(), v.encode()) for n, v in self.headers.items()])
        return request.all("host") != [own] or from_another_site(request)

    def do_GET(self) -> None:
        if self._from_a_page():
            self._refuse(403, "Forbidden", "Only the function's own process may use this API.")
            return
        if self.path != f"{_PREFIX}invocation/next":
            self._refuse(404, "ResourceNotFound", f"There is no {self.path}.")
            return
        pending = self.server.api.next()
        if pending is None:
            self.close_connection = True
            return
        invocation, deadline_ms = pending
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.arn,
        }
        if invocation.trace:
            headers["Lambda-Runtime-Trace-Id"] = invocation.trace
        if invocation.client_context:
            headers["Lambda-Runtime-Client-Context"] = " ".join(invocation.client_context.splitlines())
        self._send(200, invocation.payload, headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self._from_a_page():
            self._refuse(403, "Forbidden", "Only the function's own process may use this API.")
            return
        error_type = self.headers.get("Lambda-Runtime-Function-Error-Type") or ""
        if self.path == f"{_PREFIX}init/error":
            self.server.api.failed(Answer(body, error=True, error_type=error_type))
            self._send(202, b'{"status":"OK"}')
            return
        request_id, _, kind = self.path.removeprefix(f"{_PREFIX}invocation/").partition("/")
        if not self.path.startswith(f"{_PREFIX}invocation/") or kind not in ("response", "error"):
            self._refuse(404, "ResourceNotFound", f"There is no {self.path}.")
            return
        answer = Answer(body, error=kind == "error", error_type=error_type)
        too_large = kind == "response" and len(body) > RESPONSE_LIMIT
        if too_large:
            answer = _too_large()
        if not self.server.api.answered(request_id, answer):
            self._refuse(400, "InvalidRequestID", "Invalid request ID")
        elif too_large:
            self._refuse(413, "RequestEntityTooLarge", "Exceeded maximum allowed payload size")
        else:
            self._send(202, b'{"status":"OK"}')

    def _refuse(self, status: int, kind: str, message: str) -> None:
        self._send(status, json.dumps({"errorMessage": message, "errorType": kind}).encode())

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        lines = [f"HTTP/1.1 {status} {self.responses[status][0]}", f"Content-Length: {len(body)}"]
        lines += [
            f"{name}: {value}" for name, value in ({"Content-Type": "application/json"} | (headers or {})).items()
        ]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body)


def _too_large() -> Answer:
    problem = {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes).",
    }
    return Answer(json.dumps(problem).encode(), error=True, error_type=problem["errorType"])


def user_of(address: tuple[str, int]) -> int | None:
    """Return the id of the user at the other end of a loopback connection, from /proc/net/tcp (proc(5))."""
    host, port = address
    wanted = f"{int.from_bytes(socket.inet_aton(host), sys.byteorder):08X}:{port:04X}"
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1] == wanted:
            return int(fields[7])
    return None


def now_ms() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000
