"""Lose the answer of one call on purpose, for tests: the call is executed, and its answer never arrives.

`LOCALCLOUD_LOST_ANSWER=N` in the environment of the command that starts the local cloud cuts the connection of an SDK's
Nth call (counted from 1, including reads) when its answer is due. With `N,forgotten`, the answer is not kept for a
retry either (see `patches.repeated_calls`), as if the SDK sent no invocation ids: the second attempt then conflicts
with what the first one created. It happens once, and is logged.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any

from localcloud.ministack import connections
from localcloud.sdk_calls import INVOCATION

VARIABLE = "LOCALCLOUD_LOST_ANSWER"
"""The variable that the engine passes on to its process."""

_Message = dict[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]

_log = logging.getLogger("faults")


def install() -> None:
    """Wrap the application, if the environment asks for it."""
    from ministack import app

    wanted, _, forgotten = os.environ.get(VARIABLE, "").partition(",")
    if wanted:
        app.app = _losing(app.app, int(wanted), forgotten=bool(forgotten))


def _losing(serve: Any, wanted: int, *, forgotten: bool) -> Any:
    calls = 0

    async def serving(scope: _Message, receive: _Receive, send: _Send) -> None:
        nonlocal calls
        calls += scope["type"] == "http" and any(name == INVOCATION for name, _ in scope["headers"])
        if calls != wanted:
            await serve(scope, receive, send)
            return
        calls += 1
        name = dict(scope["headers"]).get(b"x-amz-target", scope["path"].encode()).decode()
        if forgotten:
            scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != INVOCATION]}

        async def losing(message: _Message) -> None:
            if message["type"] == "http.response.start":
                _log.warning("The answer to %s %s, %s, is lost", scope["method"], name, message["status"])
                connections.cut(scope["client"])

        await serve(scope, receive, losing)

    return serving
