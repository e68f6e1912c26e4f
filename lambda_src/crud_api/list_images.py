"""GET /items/{id}/images: an item's images, with URLs by which their sizes can be read for a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from aws.buckets.image_objects import link
from aws.clients import client, connect
from aws.items.reading import get_item
from domain.callers import READ, Caller
from domain.items import readable
from domain.times import rfc3339
from runtime.context import LambdaContext
from runtime.initialisation import at_init
from web.endpoints import EndpointSettings, Operation, ready, serve
from web.item_paths import item_id
from web.requests import Request
from web.responses import NO_STORE, Response, json_response

OPERATION = Operation("listImages", scope=READ)
LIFETIME_SECONDS = 900


@dataclass(frozen=True, kw_only=True)
class Settings(EndpointSettings):
    """Names of the table of items and of the bucket of images."""

    items_table: str
    images_bucket: str


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an API Gateway proxy event."""
    return serve(event, context, operation=OPERATION, settings=Settings, respond=respond)


def respond(
    request: Request, caller: Caller, settings: Settings, *, now_ns: Callable[[], int] = time.time_ns
) -> Response:
    """Return the images. A URL is a right lent to whoever has it, so the answer is for no cache.

    Parameters
    ----------
    request, caller, settings
        What is asked, by whom, and where items and images are.
    now_ns
        Nanoseconds since the Unix epoch.
    """
    expires = rfc3339(now_ns() + LIFETIME_SECONDS * 1_000_000_000)
    item = readable(caller, get_item(settings.items_table, item_id(request)))
    images = [_linked(image, settings.images_bucket) for image in item.images]
    return json_response(200, {"images": images, "expiresAt": expires}, {"Cache-Control": NO_STORE})


def _linked(image: Mapping[str, Any], bucket: str) -> dict[str, Any]:
    sizes = [{**size, "url": link(bucket, size["key"], seconds=LIFETIME_SECONDS)} for size in image["sizes"]]
    return {**image, "sizes": sizes}


at_init(partial(ready, OPERATION, Settings), partial(connect, "dynamodb"), partial(client, "s3"))
