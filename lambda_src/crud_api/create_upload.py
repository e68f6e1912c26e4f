"""POST /items/{id}/images: a form by which the item's owner uploads one image straight to S3."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from aws.buckets.uploads import upload_form
from aws.clients import client, connect
from aws.items.reading import get_item
from domain.callers import WRITE, Caller
from domain.errors import FieldError, InvalidInput
from domain.images import UPLOAD_TYPES, UploadKey, open_for_upload
from domain.item_rules import pointer
from domain.times import rfc3339
from domain.uuid7 import uuid7
from runtime.context import LambdaContext
from runtime.initialisation import at_init
from web.bodies import json_object
from web.endpoints import EndpointSettings, Operation, ready, serve
from web.item_paths import item_id
from web.requests import Request
from web.responses import Response, json_response

OPERATION = Operation("createUpload", scope=WRITE)
LIFETIME_SECONDS = 900
_REPORTED_ERRORS = 20
_CONTENT_TYPE = "contentType"


@dataclass(frozen=True, kw_only=True)
class Settings(EndpointSettings):
    """Names of the table of items and of the bucket of uploads, and bytes that an upload may have."""

    items_table: str
    uploads_bucket: str
    upload_max_bytes: int


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an API Gateway proxy event."""
    return serve(event, context, operation=OPERATION, settings=Settings, respond=respond)


def respond(
    request: Request,
    caller: Caller,
    settings: Settings,
    *,
    now_ns: Callable[[], int] = time.time_ns,
    entropy: Callable[[int], bytes] = os.urandom,
) -> Response:
    """Return the form. The image will be in the list that `Location` names as soon as it is uploaded and processed.

    Parameters
    ----------
    request, caller, settings
        What is asked, by whom, and where items and uploads are.
    now_ns, entropy
        Nanoseconds since the Unix epoch, and random bytes.
    """
    content_type = _content_type(json_object(request))
    item = open_for_upload(caller, get_item(settings.items_table, item_id(request)))
    now = now_ns()
    key = UploadKey(item.id, uuid7(now, entropy))
    form = upload_form(
        settings.uploads_bucket,
        str(key),
        content_type=content_type,
        correlation_id=request.correlation_id,
        max_bytes=settings.upload_max_bytes,
        seconds=LIFETIME_SECONDS,
    )
    answer = {
        "imageId": key.image_id,
        "url": form.url,
        "fields": form.fields,
        "expiresAt": rfc3339(now + LIFETIME_SECONDS * 1_000_000_000),
        "maxBytes": settings.upload_max_bytes,
    }
    return json_response(201, answer, {"Location": request.path})


def _content_type(payload: Mapping[str, object]) -> str:
    errors = [FieldError(pointer(name), "is not a known property") for name in payload if name != _CONTENT_TYPE]
    declared = payload.get(_CONTENT_TYPE)
    if _CONTENT_TYPE not in payload:
        errors.append(FieldError(pointer(_CONTENT_TYPE), "is required"))
    elif declared not in UPLOAD_TYPES:
        errors.append(FieldError(pointer(_CONTENT_TYPE), f"must be one of {', '.join(UPLOAD_TYPES)}"))
    if errors:
        raise InvalidInput(errors[:_REPORTED_ERRORS])
    return str(declared)


at_init(partial(ready, OPERATION, Settings), partial(connect, "dynamodb"), partial(client, "s3"))
