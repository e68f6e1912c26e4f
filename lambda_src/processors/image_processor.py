"""An upload to S3: make its sizes, and add the image to its item; or refuse it, and tell the item's owner why."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import unquote_plus

from aws.buckets.uploads import StoredUpload, TooManyVersions, stored_upload, upload_versions
from aws.bus import put_events
from aws.clients import connect
from aws.items.image_list import add_image
from aws.items.reading import get_item
from domain.errors import TooManyImages
from domain.images import UploadKey, has_image, refuse_full, upload_key_of
from domain.item_events import IMAGE_REFUSED, ItemEvent
from domain.items import Item, representation
from domain.times import rfc3339
from processors.imaging import formats, refusals
from processors.imaging.derivatives import Derivatives
from processors.imaging.refusals import ImageRefused
from processors.imaging.safely import make_safely, prepare
from processors.imaging.sizes import sizes_of
from processors.imaging.storing import put_derivatives
from processors.imaging.watchdog import Usage
from runtime.context import FunctionSettings, LambdaContext
from runtime.initialisation import at_init
from runtime.settings import read
from runtime.work import Event, unit_of_event

KIND = "upload"
OBJECT_GONE = "object-gone"
ITEM_GONE = "item-gone"
ALREADY_DONE = "already-done"
NOT_THE_FIRST = "not-the-first"
FOREIGN = "not-an-upload"
# What storing all sizes and telling of it takes at most; and what one upload may take in any case. Of processor time it
# gets `processors.imaging.safely.CPU_SECONDS`, which are twice as many seconds where a function has half a processor.
RESERVED_SECONDS = 15.0
LONGEST_SECONDS = 40.0


class NoTimeLeft(Exception):
    """What is left of the invocation is too little to begin with an upload."""


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
        error for record in event.get("Records", []) if (error := handle(record, settings, context)) is not None
    ]
    if failures:
        raise failures[0]


def handle(
    record: Mapping[str, Any],
    settings: Settings,
    context: LambdaContext,
    *,
    now_ns: Callable[[], int] = time.time_ns,
) -> Exception | None:
    """Handle one upload, log that as one line, and return what has failed, if anything.

    Parameters
    ----------
    record
        A record of an S3 event.
    settings
        The function's.
    context
        Of the invocation: how long there is, and its id, which stands for the correlation id of an upload without one.
    now_ns
        Nanoseconds since the Unix epoch.
    """
    key = _upload_key(record, settings)
    with unit_of_event(settings, kind=KIND, correlation_id=context.aws_request_id) as work:
        if key is None:
            work.refuse(FOREIGN)
            return None
        work.details |= {"item_id": key.item_id, "image_id": key.image_id}
        upload = _Upload(key, record["s3"]["object"], settings, context, work, lambda: rfc3339(now_ns()))
        try:
            upload.process()
        except Exception as error:
            work.reason = ""
            work.fail(error)
            return error
    return None


def _upload_key(record: Mapping[str, Any], settings: Settings) -> UploadKey | None:
    """Return where the upload is; nothing for what is none, so that what this function writes never triggers it."""
    place = record.get("s3", {})
    bucket = place.get("bucket", {}).get("name")
    if bucket != settings.uploads_bucket or settings.uploads_bucket == settings.images_bucket:
        return None
    return upload_key_of(unquote_plus(place.get("object", {}).get("key", "")))


@dataclass(frozen=True)
class _Upload:
    """One upload: where it is, what S3 says of it ("Event message structure"), and what has become of it so far."""

    key: UploadKey
    told: Mapping[str, Any]
    settings: Settings
    context: LambdaContext
    work: Event
    now: Callable[[], str]

    def process(self) -> None:
        """Make an image of the upload, unless an earlier one to the same place is to be it."""
        try:
            versions = upload_versions(self.settings.uploads_bucket, str(self.key))
        except TooManyVersions:
            self._decide([self._version("")], too_many=True)
            return
        version = self._version(versions[-1] if versions else "")
        if version not in versions:
            self.work.skip(OBJECT_GONE)
            return
        self._decide(list(dict.fromkeys((versions[0], version))))

    def _version(self, latest: str) -> str:
        # A bucket without versions has none to tell of.
        return str(self.told.get("versionId") or latest)

    def _decide(self, versions: list[str], *, too_many: bool = False) -> None:
        """Make the image of the first of these versions that is good; what is said is said of the last one."""
        upload = self._upload(versions[-1])
        if upload is None:
            self.work.skip(OBJECT_GONE)
            return
        self.work.correlation_id = upload.correlation_id or self.work.correlation_id
        self.work.details["bytes"] = upload.size
        try:
            item = get_item(self.settings.items_table, self.key.item_id)
            # Whoever has read an image's files keeps them for ever, so a second upload to its place changes nothing.
            if item is None or has_image(item, self.key.image_id):
                self.work.skip(ALREADY_DONE if item else ITEM_GONE)
                return
            try:
                refuse_full(item)
                if too_many:
                    raise ImageRefused(refusals.TOO_MANY_UPLOADS)
                if len(versions) > 1:
                    if self._first(item, versions[0]):
                        self.work.skip(NOT_THE_FIRST)
                        return
                    # S3 does not wait for ever for somebody to read on.
                    upload.close()
                    upload = self._upload(versions[-1]) or upload
                made = self._made(upload, share=1)
                kept = self._keep(item, made)
            except (ImageRefused, TooManyImages) as refusal:
                reason = refusal.reason if isinstance(refusal, ImageRefused) else refusals.TOO_MANY_IMAGES
                self._tell(item, reason)
                self.work.refuse(reason)
                return
        finally:
            upload.close()
        self.work.details |= {"width": made.width, "height": made.height}
        if kept is None:
            self.work.skip(ITEM_GONE)
        else:
            self.work.details["version"] = kept.version

    def _first(self, item: Item, version: str) -> bool:
        """Make the image of an upload that came before this one, and say whether it is good.

        Its own event does the same, earlier or later: whichever comes first, the outcome is the same.
        """
        upload = self._upload(version)
        if upload is None:
            return False
        try:
            self._keep(item, self._made(upload, share=2))
        except ImageRefused:
            # Its own event tells its owner why.
            return False
        finally:
            upload.close()
        return True

    def _upload(self, version: str) -> StoredUpload | None:
        return stored_upload(self.settings.uploads_bucket, str(self.key), version)

    def _made(self, upload: StoredUpload, *, share: int) -> Derivatives:
        """Return all sizes of an upload, made in so great a share of the time that is left.

        Raises
        ------
        ImageRefused
            It is bad input.
        NoTimeLeft
            There is too little time to begin.
        """
        import tempfile

        sizes, target = sizes_of(self.settings.image_sizes), formats.format_of(self.settings.image_format)
        if not upload.size:
            raise ImageRefused(refusals.EMPTY)
        if upload.size > self.settings.upload_max_bytes:
            raise ImageRefused(refusals.TOO_LARGE)
        # On the disk, so that the file itself takes no memory.
        with tempfile.TemporaryFile() as file:
            upload.copy_to(file)
            return make_safely(
                file,
                sizes=sizes,
                target=target,
                max_pixels=self.settings.image_max_pixels,
                seconds=self._seconds() / share,
                noted=self._note,
            )

    def _seconds(self) -> float:
        left = self.context.get_remaining_time_in_millis() / 1000 - RESERVED_SECONDS
        if left <= 0:
            raise NoTimeLeft
        return min(LONGEST_SECONDS, left)

    def _note(self, usage: Usage) -> None:
        self.work.details |= {
            "cpu_ms": round(usage.cpu_seconds * 1000),
            "peak_mb": round(usage.peak_bytes / 1_000_000),
        }

    def _keep(self, item: Item, made: Derivatives) -> Item | None:
        """Store all sizes, then name them in the item; return the item, or nothing when it is gone."""
        target = formats.format_of(self.settings.image_format)
        correlation_id = self.work.correlation_id
        sizes = put_derivatives(
            self.settings.images_bucket, self.key, made.sizes, target, correlation_id=correlation_id
        )
        image = {
            "id": self.key.image_id,
            "contentType": target.content_type,
            "width": made.width,
            "height": made.height,
            "sizes": sizes,
        }
        return add_image(self.settings.items_table, item, image, now=self.now, correlation_id=correlation_id)

    def _tell(self, item: Item, reason: str) -> None:
        """Let the item's owner know why an upload was refused."""
        # What tells one write of an object from another ("sequencer"): the same in every delivery of its event.
        occurrence = self.told.get("sequencer", "")
        event = ItemEvent(
            kind=IMAGE_REFUSED,
            id=f"{self.key.image_id}:{occurrence}",
            occurred_at=self.now(),
            correlation_id=self.work.correlation_id,
            item=representation(item),
            reason=reason,
        )
        put_events(self.settings.event_bus, [event])


at_init(
    partial(read, Settings),
    partial(connect, "dynamodb"),
    partial(connect, "s3"),
    partial(connect, "events"),
    lambda: prepare(formats.format_of(read(Settings).image_format)),
)
