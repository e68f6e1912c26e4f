"""$disconnect of the WebSocket API: a connection that has ended is forgotten.

API Gateway calls it at best effort. What it misses goes with the first push that finds nobody, or by the table's TTL.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from aws.clients import connect
from aws.connections.slots import forget
from runtime.context import FunctionSettings, LambdaContext
from runtime.initialisation import at_init
from runtime.settings import read
from runtime.work import unit_of_event


@dataclass(frozen=True, kw_only=True)
class Settings(FunctionSettings):
    """Name of the table of connections."""

    connections_table: str


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 (Lambda passes it)
    """Delete all rows of the connection; for one that is forgotten already there is nothing to do."""
    settings = read(Settings)
    gateway = event["requestContext"]
    connection_id = gateway["connectionId"]
    with unit_of_event(
        settings, kind="disconnect", correlation_id=gateway["requestId"], connection_id=connection_id
    ) as work:
        try:
            work.details["topics"] = forget(settings.connections_table, connection_id, sleep=time.sleep)
        except Exception as error:
            work.fail(error)
    return {"statusCode": 500 if work.error else 200}


at_init(partial(read, Settings), partial(connect, "dynamodb"))
