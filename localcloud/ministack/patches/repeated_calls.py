"""A retried call gets the answer of the first attempt.

An SDK that gets no answer sends the same call again: the same `amz-sdk-invocation-id`, the next number in
`amz-sdk-request` (AWS SDKs and Tools Reference Guide, "Retry behavior"). MiniStack executes it again, so a second
CreateTable or AddPermission conflicts with the first, and the deployment fails. AWS does the same for most calls, but
seldom loses an answer. With the patch the second attempt gets the answer of the first.

- Two calls are the same when they have the same access key, invocation id, method, path, query and body. A second
  attempt that arrives while the first is running waits for it.
- Only complete, successful answers are kept (`Answer.is_final`), within the limits of `localcloud.kept_answers`. They
  survive a clean restart, and a reset deletes them.
- A kept answer is returned before MiniStack checks the signature: the caller has to know the access key and the
  invocation id, which SDKs make from 122 random bits.
- Reads are executed again, and so are calls without an invocation id: WebSockets, requests to deployed APIs.
- Each repeated attempt writes a line to the log, with the outcome of the attempt before.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from localcloud.kept_answers import Answer, Attempt, Calls
from localcloud.ministack import connections
from localcloud.ministack.probing import Endpoint
from localcloud.sdk_calls import INVOCATION, Call

EFFECT = "an SDK's second attempt gets the answer of the first, as described below"

_Message = dict[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]

_STATE_KEY = "local_kept_answers"


def apply() -> None:
    """Wrap the application, and hook into loading, saving and resetting."""
    from ministack import app

    calls = Calls(asyncio.Event)
    serve, save, load, reset = (
        app.app,
        app._build_persistence_save_dict,
        app._load_persisted_state,
        app._reset_all_state,
    )

    async def serving(scope: _Message, receive: _Receive, send: _Send) -> None:
        call = _call(scope)
        if call is None:
            await serve(scope, receive, send)
        else:
            await _Request(call, scope).serve(calls, serve, receive, send)

    def saving() -> dict[str, Callable[[], object]]:
        return {**save(), _STATE_KEY: lambda: {"calls": calls.saved()}}

    def loading() -> None:
        load()
        calls.load((app.load_state(_STATE_KEY) or {}).get("calls", []))

    def resetting() -> None:
        reset()
        calls.clear()

    connections.install()
    app.app = serving
    app._build_persistence_save_dict, app._load_persisted_state, app._reset_all_state = saving, loading, resetting


def _call(scope: _Message) -> Call | None:
    if scope["type"] != "http" or not any(name == INVOCATION for name, _ in scope["headers"]):
        return None
    return Call.of(scope["method"], scope["raw_path"], scope["query_string"], scope["headers"])


class _Request:
    """One attempt of a call, while it is served."""

    def __init__(self, call: Call, scope: _Message) -> None:
        self._call = call
        self._scope = scope

    async def serve(self, calls: Calls, serve: Any, receive: _Receive, send: _Send) -> None:
        """Return the answer of the previous attempt, or execute the call."""
        before = calls.find(self._call.key)
        if before is None:
            if self._call.number > 1:
                self._call.log("no previous attempt is known")
            await self._carry_out(calls, serve, receive, send)
            return
        self._call.log(before.outcome(time.monotonic()))
        if self._call.reads or not self._call.fits:
            await self._carry_out(calls, serve, receive, send)
            return
        body = await _whole(receive)
        if body is None:
            return
        while before and before.body in ("", _digest(body)):
            await before.ended.wait()
            if before.answer and before.body == _digest(body):
                self._call.log(f"it gets the same answer, {before.answer.status}")
                await _send(before.answer, send)
                return
            # The previous attempt had no answer to keep; an attempt that came while we waited may have one.
            after = calls.find(self._call.key)
            before = after if after is not before else None
        await self._carry_out(calls, serve, _replayed(body, receive), send)

    async def _carry_out(self, calls: Calls, serve: Any, receive: _Receive, send: _Send) -> None:
        """Let MiniStack answer, and remember the answer."""
        attempt = calls.begin(self._call.key, "{}:{}".format(*self._scope["client"] or ("?", 0)))
        digest, reads = hashlib.sha256(), self._call.reads
        start: _Message = {}

        async def receiving() -> _Message:
            nonlocal reads
            message = await receive()
            body = message.get("body", b"")
            reads = reads or self._call.reads_by(body)
            digest.update(body)
            return message

        async def sending(message: _Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                attempt.status = message["status"]
            elif message["type"] == "http.response.body" and not attempt.ended.is_set():
                whole = not message.get("more_body", False)
                attempt.body = digest.hexdigest()
                if whole and self._call.fits and not reads:
                    headers = tuple(start.get("headers", ()))
                    calls.keep(
                        self._call.key, attempt, Answer(start["status"], headers, bytes(message.get("body", b"")))
                    )
                # Before it is sent, since this client may already be gone.
                attempt.ended.set()
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                self._note_end(attempt)

        try:
            await serve(self._scope, receiving, sending)
        finally:
            attempt.body = attempt.body or digest.hexdigest()
            attempt.ended.set()

    def _note_end(self, attempt: Attempt) -> None:
        attempt.answered = time.monotonic()
        if connections.is_open(self._scope["client"]):
            attempt.fate = "and its connection was open"
        else:
            attempt.fate = "when its connection was gone"
            self._call.log(
                f"its answer, {attempt.status}, could not be sent: the connection of {attempt.client} was closed"
            )


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


async def _whole(receive: _Receive) -> bytes | None:
    """Return a request's body, or `None` when the client disconnected before all of it arrived."""
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _replayed(body: bytes, receive: _Receive) -> _Receive:
    """Return a `receive` that delivers a body that was already read, and then continues."""
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> _Message:
        return left.pop() if left else await receive()

    return receiving


async def _send(answer: Answer, send: _Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": list(answer.headers)})
    await send({"type": "http.response.body", "body": answer.body})


def probe(aws: Endpoint) -> bool:
    """Create one table in two attempts."""
    table = json.dumps(
        {
            "TableName": f"table-{aws.name()}",
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        }
    )
    first, second = (aws.attempt(number, table, invocation="probe") for number in (1, 2))
    return (first.status, second.status) == (200, 200) and first.body == second.body
