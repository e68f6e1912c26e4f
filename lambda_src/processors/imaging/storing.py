"""Stores the sizes of an image in the images bucket."""

from __future__ import annotations

from collections.abc import Iterable

from aws.buckets.uploads import CORRELATION_ID
from aws.clients import client, translating
from domain.images import UploadKey
from processors.imaging.derivatives import Derivative
from processors.imaging.formats import Format

# An object's key names its content, so it is never used for another.
_FOREVER = "private, max-age=31536000, immutable"


def put_derivatives(
    bucket: str, key: UploadKey, sizes: Iterable[Derivative], target: Format, *, correlation_id: str
) -> list[dict[str, object]]:
    """Store all sizes of an image, and return what its item says of them.

    Storing them again changes nothing, nor does whoever stores others: an object's key names its content.

    Raises
    ------
    Unavailable
        S3 is throttled, too slow or down.
    """
    described: list[dict[str, object]] = []
    for size in sizes:
        place = key.derivative(size.name, size.content, target.extension)
        with translating():
            client("s3").put_object(
                Bucket=bucket,
                Key=place,
                Body=size.content,
                ContentType=target.content_type,
                CacheControl=_FOREVER,
                Metadata={CORRELATION_ID: correlation_id},
            )
        described.append(
            {"name": size.name, "key": place, "width": size.width, "height": size.height, "bytes": len(size.content)}
        )
    return described
