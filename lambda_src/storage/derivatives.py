"""The bucket of images: what is made of uploads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from domain.images import UploadKey
from storage.clients import client, translating
from storage.uploads import CORRELATION_ID

if TYPE_CHECKING:
    from imaging.derivatives import Derivative
    from imaging.formats import Format

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


def link(bucket: str, key: str, *, seconds: int) -> str:
    """Return a URL by which whoever has it can read one object for so long. Nothing is asked of S3."""
    url: str = client("s3").generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=seconds
    )
    return url
