"""An upload to S3: make its sizes, and add the image to its item; or refuse it, and tell the item's owner why."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import unquote_plus

from config.environment import read
from config.initialisation import at_init
from config.runtime import FunctionSettings, LambdaContext
from domain.errors import TooManyImages
from domain.images import UploadKey, has_image, refuse_full, upload_key_of
from domain.item_events import IMAGE_REFUSED, ItemEvent
from domain.items import Item, representation
from domain.times import rfc3339
from imaging import formats, refusals
from imaging.derivatives import Derivatives, make
from imaging.refusals import ImageRefused
from imaging.sizes import sizes_of
from storage.clients import connect
from storage.derivatives import put_derivative
from storage.events_writer import put_events
from storage.item_images import add_image
from storage.items_reader import get_item
from storage.uploads import StoredUpload, stored_upload
from telemetry.event_line import DONE, FAILED, REFUSED, SKIPPED, report

KIND = "upload"
OBJECT_GONE = "object-gone"
ITEM_GONE = "item-gone"
ALREADY_DONE = "already-done"
FOREIGN = "not-an-upload"


@dataclass(frozen=True, kw_only=True)
class Settings(FunctionSettings):
    """Where uploads, images and items are, what is made of an upload, and what it may be at most.

    Parameters
    ----------
    items_table, uploads_bucket, images_bucket, event_bus
        Names.
    upload_max_bytes, image_max_pixels
        What an upload may have.
    image_sizes
        Name and longest side of each size, in pixels: "thumb:160 small:480 large:1024".
    image_format
        "jpeg", "webp" or "avif".
    """

    items_table: str
    uploads_bucket: str
    images_bucket: str
    event_bus: str
    upload_max_bytes: int
    image_max_pixels: int
    image_sizes: str
    image_format: str = formats.DEFAULT


@dataclass(kw_only=True)
class _Outcome:
    """What has become of one upload, for its log line."""

    correlation_id: str
    outcome: str = DONE
    reason: str = ""
    error: Exception | None = None
    details: dict[str, object] = field(default_factory=dict)


def handler(event: Mapping[str, Any], context: LambdaContext) -> None:
    """Handle an event of S3 ("Event message structure").

    Raises
    ------
    Exception
        The first that kept an upload from being handled, after all others of the event: Lambda tries the event again,
        and sends it to the function's on-failure destination when that does not help. No upload is so bad that it is
        raised for.
    """
    settings = read(Settings)
    failures = [
        error
        for record in event.get("Records", [])
        if (error := handle(record, settings, request_id=context.aws_request_id)) is not None
    ]
    if failures:
        raise failures[0]


def handle(
    record: Mapping[str, Any],
    settings: Settings,
    *,
    request_id: str,
    now_ns: Callable[[], int] = time.time_ns,
) -> Exception | None:
    """Handle one upload, log that as one line, and return what has failed, if anything.

    Parameters
    ----------
    record
        A record of an S3 event.
    settings
        The function's.
    request_id
        The invocation's id, which stands for the correlation id of an upload without one.
    now_ns
        Nanoseconds since the Unix epoch.
    """
    started = time.perf_counter()
    result = _Outcome(correlation_id=request_id)
    key = _upload_key(record, settings)
    if key is None:
        result.outcome, result.reason = REFUSED, FOREIGN
    else:
        result.details = {"item_id": key.item_id, "image_id": key.image_id}
        try:
            _process(key, _occurrence(record), settings, result, now=lambda: rfc3339(now_ns()))
        except Exception as error:
            result.outcome, result.reason, result.error = FAILED, "", error
    report(
        settings=settings,
        kind=KIND,
        outcome=result.outcome,
        duration_ms=(time.perf_counter() - started) * 1000,
        correlation_id=result.correlation_id,
        reason=result.reason,
        error=result.error,
        **result.details,
    )
    return result.error


def _upload_key(record: Mapping[str, Any], settings: Settings) -> UploadKey | None:
    """Return where the upload is; nothing for what is none, so that what this function writes never triggers it."""
    place = record.get("s3", {})
    bucket = place.get("bucket", {}).get("name")
    if bucket != settings.uploads_bucket or settings.uploads_bucket == settings.images_bucket:
        return None
    return upload_key_of(unquote_plus(place.get("object", {}).get("key", "")))


def _occurrence(record: Mapping[str, Any]) -> str:
    """Return what tells one write of an object from another ("sequencer"): the same in every delivery of its event."""
    return str(record["s3"]["object"].get("sequencer", ""))


def _process(key: UploadKey, occurrence: str, settings: Settings, result: _Outcome, *, now: Callable[[], str]) -> None:
    upload = stored_upload(settings.uploads_bucket, str(key))
    if upload is None:
        result.outcome, result.reason = SKIPPED, OBJECT_GONE
        return
    result.correlation_id = upload.correlation_id or result.correlation_id
    result.details["bytes"] = upload.size
    try:
        item = get_item(settings.items_table, key.item_id)
        # An image's files are kept for ever by whoever has read them, so a second upload to its place changes nothing.
        if item is None or has_image(item, key.image_id):
            result.outcome, result.reason = SKIPPED, ALREADY_DONE if item else ITEM_GONE
            return
        try:
            refuse_full(item)
            made = _derivatives(upload, settings)
            kept = _keep(key, item, made, settings, now=now, correlation_id=result.correlation_id)
        except (ImageRefused, TooManyImages) as refusal:
            reason = refusal.reason if isinstance(refusal, ImageRefused) else refusals.TOO_MANY_IMAGES
            _tell(
                item,
                f"{key.image_id}:{occurrence}",
                reason,
                settings.event_bus,
                now=now(),
                correlation_id=result.correlation_id,
            )
            result.outcome, result.reason = REFUSED, reason
            return
    finally:
        upload.close()
    result.details |= {"width": made.width, "height": made.height}
    if kept is None:
        result.outcome, result.reason = SKIPPED, ITEM_GONE
    else:
        result.details["version"] = kept.version


def _derivatives(upload: StoredUpload, settings: Settings) -> Derivatives:
    """Return all sizes of an upload.

    Raises
    ------
    ImageRefused
        It is bad input.
    """
    import tempfile

    sizes, target = sizes_of(settings.image_sizes), formats.format_of(settings.image_format)
    if not upload.size:
        raise ImageRefused(refusals.EMPTY)
    if upload.size > settings.upload_max_bytes:
        raise ImageRefused(refusals.TOO_LARGE)
    # On the disk, so that the file itself takes no memory.
    with tempfile.TemporaryFile() as file:
        upload.copy_to(file)
        return make(file, sizes=sizes, target=target, max_pixels=settings.image_max_pixels)


def _keep(
    key: UploadKey, item: Item, made: Derivatives, settings: Settings, *, now: Callable[[], str], correlation_id: str
) -> Item | None:
    """Store all sizes, then name them in the item; return the item, or nothing when it is gone."""
    target = formats.format_of(settings.image_format)
    sizes = []
    for size in made.sizes:
        place = key.derivative(size.name, target.extension)
        put_derivative(
            settings.images_bucket,
            place,
            size.content,
            content_type=target.content_type,
            correlation_id=correlation_id,
        )
        sizes.append(
            {
                "name": size.name,
                "key": place,
                "width": size.width,
                "height": size.height,
                "bytes": len(size.content),
            }
        )
    image = {
        "id": key.image_id,
        "contentType": target.content_type,
        "width": made.width,
        "height": made.height,
        "sizes": sizes,
    }
    return add_image(settings.items_table, item, image, now=now, correlation_id=correlation_id)


def _tell(item: Item, event_id: str, reason: str, bus: str, *, now: str, correlation_id: str) -> None:
    event = ItemEvent(
        kind=IMAGE_REFUSED,
        id=event_id,
        occurred_at=now,
        correlation_id=correlation_id,
        item=representation(item),
        reason=reason,
    )
    put_events(bus, [event])


at_init(partial(read, Settings), partial(connect, "dynamodb"), partial(connect, "s3"), partial(connect, "events"))
