"""PUT /items/{id}: replace what a caller sets of their item."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from aws.clients import connect
from aws.items.conditions import ConditionFailed
from aws.items.writing import replace
from domain.callers import WRITE, Caller
from domain.items import applied, draft_from, refuse_write, representation
from domain.times import rfc3339
from runtime.context import LambdaContext
from runtime.initialisation import at_init
from web.bodies import json_object
from web.endpoints import EndpointSettings, Operation, ready, serve
from web.etags import etag, expected_versions
from web.item_paths import item_id
from web.requests import Request
from web.responses import Response, json_response

OPERATION = Operation("updateItem", scope=WRITE)


@dataclass(frozen=True, kw_only=True)
class Settings(EndpointSettings):
    """Name of the table of items."""

    items_table: str


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an API Gateway proxy event."""
    return serve(event, context, operation=OPERATION, settings=Settings, respond=respond)


def respond(
    request: Request, caller: Caller, settings: Settings, *, now_ns: Callable[[], int] = time.time_ns
) -> Response:
    """Write the item's next version. An administrator may not: an item says what its owner has written.

    Where the write was carried out and its answer was lost, the same request is answered as if it were the first (RFC
    9110, section 13.1.1), also when it is the SDK that repeats it.
    """
    identifier = item_id(request)
    versions = expected_versions(request)
    draft = draft_from(json_object(request))
    try:
        item = replace(
            settings.items_table,
            identifier,
            draft,
            owner=caller.subject,
            versions=versions,
            now=rfc3339(now_ns()),
            correlation_id=request.correlation_id,
        )
    except ConditionFailed as failed:
        item = applied(caller, failed.current, draft, versions) or refuse_write(caller, failed.current)
    return json_response(200, representation(item), {"ETag": etag(item.version)})


at_init(partial(ready, OPERATION, Settings), partial(connect, "dynamodb"))
