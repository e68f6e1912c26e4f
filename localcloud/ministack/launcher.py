"""The emulator's process: `python -m localcloud.ministack.launcher PROJECT ACCESS_KEY_FILE MARKER`.

Applies the patches, serves until SIGTERM, and writes MARKER when everything was saved.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path
from typing import Any

from localcloud.errors import ToolError
from localcloud.guard import keys
from localcloud.ministack import faults, guard
from localcloud.ministack.engine import check_version
from localcloud.ministack.instance import Instance
from localcloud.ministack.patches import VERSION, apply_all

KEPT_S = 600.0
"""Seconds after which an idle connection is closed; no client keeps one longer."""


class _Failures(logging.Handler):
    """Remembers that something could not be saved; MiniStack itself continues."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.any = False

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - the signature is logging's
        self.any = True


def _end_in_time() -> None:
    """Let open connections delay the exit by a second at most, so that saving is not interrupted by a kill.

    Since Python 3.12, `Server.wait_closed` waits for every connection, and hypercorn calls it before its own limit.
    """
    from hypercorn.config import Config

    async def not_waiting(self: asyncio.Server) -> None:  # noqa: ARG001 - it takes a method's place
        return

    asyncio.Server.wait_closed = not_waiting  # type: ignore[method-assign]
    Config.graceful_timeout = 1.0


def keep_connections() -> None:
    """Leave it to clients to close idle connections, so that none is closed while a request is in flight.

    MiniStack closes them after 75 s, which is how long some waits of a deployment take. A request that arrived at that
    moment was executed and its answer lost, and the retry was refused as a conflict. Terraform's own limit is 90 s (Go,
    net/http: DefaultTransport.IdleConnTimeout).
    """
    import hypercorn.asyncio

    serve = hypercorn.asyncio.serve

    async def serving(app: Any, config: Any, **options: Any) -> None:
        config.keep_alive_timeout = KEPT_S
        await serve(app, config, **options)

    hypercorn.asyncio.serve = serving


def main() -> None:
    """Serve one checkout's local cloud until SIGTERM."""
    project, access_key, marker = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    check_version()
    marker_text = f"ministack {VERSION}"

    from ministack import app

    failures = _Failures()
    logging.getLogger("persistence").addHandler(failures)
    key = keys.ensure(access_key)
    instance = Instance(project=project, version=marker_text, key=key.fingerprint)
    apply_all()
    faults.install()
    _end_in_time()
    keep_connections()
    instance.install(loaded=lambda: marker.unlink(missing_ok=True))
    guard.install(key)
    sys.argv = ["ministack"]
    os.chdir(os.environ["TMPDIR"])
    app.main()
    if instance.saved and not failures.any:
        marker.write_text(marker_text)


if __name__ == "__main__":
    try:
        main()
    except ToolError as problem:
        sys.exit(f"{problem.problem}\n{problem.fix}")
