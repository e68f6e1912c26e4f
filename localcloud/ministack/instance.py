"""The id of the emulator's state, and the address that reports it: `GET /_local/instance`.

MiniStack cannot tell whether its state is the same as before: after a kill it reports that it is healthy, and is empty.
This is an addition, not a patch: the id is saved and loaded with the state, and is new after a reset or a start without
saved state.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from localcloud.cloud import MINISTACK

_Message = dict[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]

PATH = "/_local/instance"
_STATE_KEY = "local_instance"


class Instance:
    """The id of this emulator's state.

    Parameters
    ----------
    project
        Root folder of the checkout that started the emulator.
    version
        Name and version of the engine.
    key
        The fingerprint of the access key that it accepts.
    """

    def __init__(self, *, project: str, version: str, key: str) -> None:
        self._project = project
        self._version = version
        self._key = key
        self._id = uuid.uuid4().hex
        self.saved = False

    def install(self, *, loaded: Callable[[], None]) -> None:
        """Hook into loading, saving, resetting and serving; `loaded` is called once the saved state is in memory."""
        from ministack import app

        save, load, reset, serve = (
            app._build_persistence_save_dict,
            app._load_persisted_state,
            app._reset_all_state,
            app.app,
        )

        def saving() -> dict[str, Callable[[], object]]:
            self.saved = True
            return {**save(), _STATE_KEY: lambda: {"id": self._id}}

        def loading() -> None:
            load()
            self._id = (app.load_state(_STATE_KEY) or {}).get("id") or self._id
            loaded()

        def resetting() -> None:
            reset()
            self._id = uuid.uuid4().hex

        async def serving(scope: _Message, receive: _Receive, send: _Send) -> None:
            if scope["type"] == "http" and scope["path"] == PATH:
                await self._answer(send, ready=app._ready_scripts_state["status"] == "completed")
            else:
                await serve(scope, receive, send)

        app._build_persistence_save_dict = saving
        app._load_persisted_state = loading
        app._reset_all_state = resetting
        app.app = serving

    async def _answer(self, send: _Send, *, ready: bool) -> None:
        document = {
            "id": self._id,
            "version": self._version,
            "project": self._project,
            "ready": ready,
            "engine": MINISTACK,
            "key": self._key,
        }
        body = json.dumps(document).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
