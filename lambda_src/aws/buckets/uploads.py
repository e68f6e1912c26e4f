"""The bucket that callers upload to."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from aws.clients import client, translating
from domain.correlation_ids import is_correlation_id

CORRELATION_ID = "correlation-id"
_CHUNK_BYTES = 256 * 1024
_GONE = 404
# A form is good for one upload. Whoever sends that many by one is at something else.
MOST_VERSIONS = 100


class TooManyVersions(Exception):
    """More has been uploaded to one place than is looked through."""


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


def upload_versions(bucket: str, key: str) -> list[str]:
    """Return the ids of all uploads to one place, the first one first ("ListObjectVersions"); none when it is deleted.

    A presigned form works until it expires, however often it has been used: conditional writes are for PutObject,
    CopyObject and CompleteMultipartUpload ("Prevent object overwrites with conditional writes"), not for a POST.

    Raises
    ------
    TooManyVersions
        There are more than `MOST_VERSIONS`.
    Unavailable
        S3 is throttled, too slow or down.
    """
    with translating():
        answer = client("s3").list_object_versions(Bucket=bucket, Prefix=key, MaxKeys=MOST_VERSIONS)
    if any(marker["Key"] == key and marker["IsLatest"] for marker in answer.get("DeleteMarkers", [])):
        return []
    if answer["IsTruncated"]:
        raise TooManyVersions
    return [entry["VersionId"] for entry in reversed(answer.get("Versions", [])) if entry["Key"] == key]


def stored_upload(bucket: str, key: str, version: str) -> StoredUpload | None:
    """Return one upload, whatever has been uploaded to its place since; nothing when it is gone.

    Raises
    ------
    Unavailable
        S3 is throttled, too slow or down.
    """
    from botocore.exceptions import ClientError

    try:
        with translating():
            answer = client("s3").get_object(Bucket=bucket, Key=key, VersionId=version)
    except ClientError as error:
        # It was listed, so that a right that is missing (403) is never taken for an object that is.
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == _GONE:
            return None
        raise
    said = answer["Metadata"].get(CORRELATION_ID, "")
    return StoredUpload(answer["ContentLength"], said if is_correlation_id(said) else "", answer["Body"])
