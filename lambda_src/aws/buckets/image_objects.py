"""The objects of the images bucket: `images/{itemId}/{imageId}/{name}-{digest}.{ext}`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aws.clients import client, translating

PREFIX = "images/"
# Small enough for one batch of deletions to be answered within the client's timeout.
PAGE = 250


@dataclass(frozen=True)
class StoredObject:
    """An object: its key, and when it was written last."""

    key: str
    modified: datetime


@dataclass(frozen=True)
class ObjectPage:
    """The next objects in the order of their keys, and whether there are more."""

    objects: list[StoredObject]
    more: bool


def object_page(bucket: str, *, after: str, count: int = PAGE) -> ObjectPage:
    """Return the next objects of images ("ListObjectsV2").

    Parameters
    ----------
    bucket
        The images bucket.
    after
        The last key that has been seen, whether or not it still exists; empty for none. A continuation token would
        serve too, but S3 does not say for how long.
    count
        At most so many.

    Raises
    ------
    Unavailable
        S3 does not answer.
    """
    with translating():
        answer = client("s3").list_objects_v2(
            Bucket=bucket, Prefix=PREFIX, MaxKeys=count, **({"StartAfter": after} if after else {})
        )
    found = [StoredObject(entry["Key"], entry["LastModified"]) for entry in answer.get("Contents", [])]
    return ObjectPage(found, bool(answer["IsTruncated"]))


def delete_objects(bucket: str, keys: Sequence[str]) -> list[str]:
    """Delete objects in one call ("DeleteObjects"), and return the codes of those that S3 has not deleted.

    Parameters
    ----------
    bucket
        The images bucket.
    keys
        1 to 1,000 keys. One that does not exist counts as deleted.

    Raises
    ------
    Unavailable
        S3 does not answer; what it has deleted is not known.
    """
    with translating():
        answer = client("s3").delete_objects(
            Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
        )
    return [str(error.get("Code", "unknown")) for error in answer.get("Errors", [])]


def link(bucket: str, key: str, *, seconds: int) -> str:
    """Return a URL by which whoever has it can read one object for so long. Nothing is asked of S3."""
    url: str = client("s3").generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=seconds
    )
    return url
