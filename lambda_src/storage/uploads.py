"""The bucket that callers upload to."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from domain.correlation_ids import is_correlation_id
from storage.clients import client, translating

CORRELATION_ID = "correlation-id"
_CHUNK_BYTES = 256 * 1024
# S3 answers 404 for a missing object to who may list the bucket, and 403 to others.
_MISSING = frozenset({403, 404})


@dataclass(frozen=True)
class UploadForm:
    """A presigned POST: where a form is to be sent, with these fields before the file."""

    url: str
    fields: dict[str, str]


def upload_form(
    bucket: str, key: str, *, content_type: str, correlation_id: str, max_bytes: int, seconds: int
) -> UploadForm:
    """Return a form by which whoever has it can upload one object, and nothing else.

    S3 refuses another key, another declared type, another correlation id, no byte at all or more than `max_bytes`, and
    everything after `seconds` (Amazon S3 API Reference, "POST Policy").
    """
    fields = {"Content-Type": content_type, f"x-amz-meta-{CORRELATION_ID}": correlation_id}
    conditions: list[Any] = [{name: value} for name, value in fields.items()]
    form = client("s3").generate_presigned_post(
        Bucket=bucket,
        Key=key,
        Fields=dict(fields),
        Conditions=[*conditions, ["content-length-range", 1, max_bytes]],
        ExpiresIn=seconds,
    )
    return UploadForm(form["url"], form["fields"])


@dataclass(frozen=True)
class StoredUpload:
    """An upload of which nothing has been read yet.

    Parameters
    ----------
    size
        Bytes.
    correlation_id
        The id under which it was uploaded; empty for none that is one.
    body
        What S3 sends when it is read.
    """

    size: int
    correlation_id: str
    body: Any = field(repr=False)

    def copy_to(self, file: BinaryIO) -> None:
        """Copy all of it to a file.

        Raises
        ------
        Unavailable
            S3 stopped sending.
        """
        with translating():
            shutil.copyfileobj(self.body, file, _CHUNK_BYTES)

    def close(self) -> None:
        """Let go of what has not been read."""
        self.body.close()


def stored_upload(bucket: str, key: str) -> StoredUpload | None:
    """Return an upload, or nothing when it is gone.

    Raises
    ------
    Unavailable
        S3 is throttled, too slow or down.
    """
    from botocore.exceptions import ClientError

    try:
        with translating():
            answer = client("s3").get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in _MISSING and not _exists(bucket, key):
            return None
        raise
    said = answer["Metadata"].get(CORRELATION_ID, "")
    return StoredUpload(answer["ContentLength"], said if is_correlation_id(said) else "", answer["Body"])


def _exists(bucket: str, key: str) -> bool:
    """Look an object up by listing, so that a right that is missing is never taken for an object that is."""
    with translating():
        answer = client("s3").list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
    return any(entry["Key"] == key for entry in answer.get("Contents", []))
