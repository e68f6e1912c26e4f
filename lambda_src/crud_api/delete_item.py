"""DELETE /items/{id}: delete an item of the caller, or, as an administrator, anybody's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from aws.clients import connect
from aws.items.conditions import ConditionFailed
from aws.items.writing import delete
from domain.callers import ADMIN, WRITE, Caller
from domain.items import refuse_write
from runtime.context import LambdaContext
from runtime.initialisation import at_init
from web.endpoints import EndpointSettings, Operation, ready, serve
from web.etags import expected_versions
from web.item_paths import item_id
from web.requests import Request
from web.responses import Response

OPERATION = Operation("deleteItem", scope=WRITE)


@dataclass(frozen=True, kw_only=True)
class Settings(EndpointSettings):
    """Name of the table of items."""

    items_table: str


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an API Gateway proxy event."""
    return serve(event, context, operation=OPERATION, settings=Settings, respond=respond)


def respond(request: Request, caller: Caller, settings: Settings) -> Response:
    """Delete the item, if it is the one that the caller means at the moment of the write."""
    moderates = ADMIN in caller.scopes
    owner = None if moderates else caller.subject
    try:
        delete(
            settings.items_table,
            item_id(request),
            owner=owner,
            versions=expected_versions(request),
            correlation_id=request.correlation_id,
        )
    except ConditionFailed as failed:
        refuse_write(caller, failed.current, any_owner=moderates)
    return Response(204)


at_init(partial(ready, OPERATION, Settings), partial(connect, "dynamodb"))
