"""$disconnect of the WebSocket API: a connection that has ended is forgotten.

API Gateway calls it at best effort. What it misses goes with the first push that finds nobody, or by the table's TTL.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from config.environment import read
from config.initialisation import at_init
from config.runtime import FunctionSettings, LambdaContext
from storage.clients import connect
from storage.connecting import forget
from telemetry.event_line import DONE, FAILED, report


@dataclass(frozen=True, kw_only=True)
class Settings(FunctionSettings):
    """Name of the table of connections."""

    connections_table: str


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 (Lambda passes it)
    """Delete all rows of the connection; for one that is forgotten already there is nothing to do."""
    started = time.perf_counter()
    settings = read(Settings)
    gateway, table = event["requestContext"], settings.connections_table
    line: dict[str, Any]
    status = 200
    try:
        line = {"outcome": DONE, "topics": forget(table, gateway["connectionId"], sleep=time.sleep)}
    except Exception as error:
        status = 500
        line = {"outcome": FAILED, "error": error}
    report(
        settings=settings,
        kind="disconnect",
        duration_ms=(time.perf_counter() - started) * 1000,
        correlation_id=gateway["requestId"],
        connection_id=gateway["connectionId"],
        **line,
    )
    return {"statusCode": status}


at_init(partial(read, Settings), partial(connect, "dynamodb"))
