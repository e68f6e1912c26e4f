"""The bucket of images: what is made of uploads."""

from __future__ import annotations

from storage.clients import client, translating
from storage.uploads import CORRELATION_ID

# An image's key is never used for another content.
_FOREVER = "private, max-age=31536000, immutable"


def put_derivative(bucket: str, key: str, content: bytes, *, content_type: str, correlation_id: str) -> None:
    """Store one size of an image.

    Raises
    ------
    Unavailable
        S3 is throttled, too slow or down.
    """
    with translating():
        client("s3").put_object(
            Bucket=bucket,
            Key=key,
            Body=content,
            ContentType=content_type,
            CacheControl=_FOREVER,
            Metadata={CORRELATION_ID: correlation_id},
        )


def link(bucket: str, key: str, *, seconds: int) -> str:
    """Return a URL by which whoever has it can read one object for so long. Nothing is asked of S3."""
    url: str = client("s3").generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=seconds
    )
    return url
