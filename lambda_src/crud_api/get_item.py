"""GET /items/{id}: read one item, as new as the last answered write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from aws.clients import connect
from aws.items.reading import get_item
from domain.callers import READ, Caller
from domain.items import readable, representation
from runtime.context import LambdaContext
from runtime.initialisation import at_init
from web.endpoints import EndpointSettings, Operation, ready, serve
from web.etags import etag, is_fresh
from web.item_paths import item_id
from web.requests import Request
from web.responses import REVALIDATE, Response, json_response

OPERATION = Operation("getItem", scope=READ)


@dataclass(frozen=True, kw_only=True)
class Settings(EndpointSettings):
    """Name of the table of items."""

    items_table: str


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an API Gateway proxy event."""
    return serve(event, context, operation=OPERATION, settings=Settings, respond=respond)


def respond(request: Request, caller: Caller, settings: Settings) -> Response:
    """Return the item, or 304 when the caller has it already."""
    item = readable(caller, get_item(settings.items_table, item_id(request)))
    headers = {"ETag": etag(item.version), "Cache-Control": REVALIDATE}
    if is_fresh(request, item.version):
        return Response(304, headers=headers)
    return json_response(200, representation(item), headers)


at_init(partial(ready, OPERATION, Settings), partial(connect, "dynamodb"))
