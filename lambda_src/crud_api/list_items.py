"""GET /items: the caller's items, or everybody's public ones, newest first, page by page."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from aws.clients import connect
from aws.items.reading import ItemQuery
from aws.secrets import signing_keys
from domain.callers import READ, Caller
from domain.cursors import Listing, seal, unseal
from domain.errors import CredentialNeeded
from domain.item_rules import is_category
from domain.items import representation
from domain.paging import fill_page
from runtime.context import LambdaContext
from runtime.initialisation import at_init
from web.endpoints import EndpointSettings, Operation, ready, serve
from web.problems import invalid_parameter
from web.requests import Request
from web.responses import REVALIDATE, Response, json_response

OPERATION = Operation("listItems", scope=READ, anonymous=True)
DEFAULT_LIMIT = 20
MAX_LIMIT = 100
_LIMIT = re.compile(r"[0-9]{1,3}", re.ASCII)
_VIEWS = ("mine", "public")


@dataclass(frozen=True, kw_only=True)
class Settings(EndpointSettings):
    """Name of the table of items, and the ARN of the secret that signs page tokens."""

    items_table: str
    cursor_secret_arn: str


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an API Gateway proxy event."""
    return serve(event, context, operation=OPERATION, settings=Settings, respond=respond)


def respond(request: Request, caller: Caller, settings: Settings, *, now: Callable[[], float] = time.time) -> Response:
    """Return one page of a list.

    Parameters
    ----------
    request, caller, settings
        What is asked, by whom, and where items are.
    now
        Seconds since the Unix epoch.
    """
    listing = _listing(request, caller)
    limit = _limit(request)
    cursor = _single(request, "cursor")
    after = None
    if cursor is not None:
        keys = [key.value for key in signing_keys(settings.cursor_secret_arn).get()]
        after = unseal(cursor, listing, keys, now())
    owner = caller.subject if listing.view == "mine" else None
    read = ItemQuery(settings.items_table, owner, listing.category)
    page = fill_page(read, limit=limit, after=after, filtered=bool(listing.category))
    content: dict[str, object] = {"items": [representation(item) for item in page.items]}
    if page.last_id is not None:
        present = signing_keys(settings.cursor_secret_arn).get()[0]
        content["nextCursor"] = seal(page.last_id, listing, present.value, now())
    return json_response(200, content, {"Cache-Control": REVALIDATE})


def _listing(request: Request, caller: Caller) -> Listing:
    view = _single(request, "view")
    if view is None:
        view = "public" if caller.anonymous else "mine"
    if view not in _VIEWS:
        raise invalid_parameter("view", "has to be mine or public")
    if caller.anonymous and view == "mine":
        raise CredentialNeeded
    category = _single(request, "category")
    if category is not None and not is_category(category):
        raise invalid_parameter("category", "has to be lower-case words and digits joined by hyphens")
    return Listing(caller.subject, view, category or "")


def _limit(request: Request) -> int:
    text = _single(request, "limit")
    if text is None:
        return DEFAULT_LIMIT
    if not _LIMIT.fullmatch(text) or not 1 <= int(text) <= MAX_LIMIT:
        raise invalid_parameter("limit", f"has to be a whole number from 1 to {MAX_LIMIT}")
    return int(text)


def _single(request: Request, name: str) -> str | None:
    values = request.query.get(name, ())
    if len(values) > 1:
        raise invalid_parameter(name, "is there more than once")
    return values[0] if values else None


at_init(partial(ready, OPERATION, Settings), partial(connect, "dynamodb"))
