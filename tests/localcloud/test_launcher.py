"""The launcher's settings of the server."""

from __future__ import annotations

import asyncio
from typing import Any

import hypercorn.asyncio
import pytest
from hypercorn.config import Config

from localcloud.ministack.launcher import keep_connections

GO_ENDS_IDLE_CONNECTIONS_AFTER_S = 90


def test_the_server_does_not_close_idle_connections_first(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Config] = []

    async def serve(app: Any, config: Config) -> None:
        served.append(config)

    monkeypatch.setattr(hypercorn.asyncio, "serve", serve)
    keep_connections()
    config = Config()
    config.keep_alive_timeout = 75  # the value that MiniStack sets before it serves
    app: Any = None
    asyncio.run(hypercorn.asyncio.serve(app, config))
    assert [one.keep_alive_timeout > GO_ENDS_IDLE_CONNECTIONS_AFTER_S for one in served] == [True]
