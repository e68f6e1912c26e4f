"""The files of a report in the reports bucket: `reports/2026-W47/report.html` and `reports/2026-W47/items.csv`."""

from __future__ import annotations

from dataclasses import dataclass

from aws.clients import client, translating

# The most that signature version 4 allows. Signed with a role's credentials a link ends with them, hours earlier.
LINK_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True)
class ReportFile:
    """A file: its name, its media type and its text, which is stored as UTF-8."""

    name: str
    content_type: str
    text: str


def put_file(bucket: str, week: str, file: ReportFile) -> None:
    """Store a file of a week's report; one that is there already is replaced as a whole.

    Raises
    ------
    Unavailable
        S3 does not answer.
    """
    with translating():
        client("s3").put_object(
            Bucket=bucket,
            Key=key_of(week, file.name),
            Body=file.text.encode(),
            ContentType=file.content_type,
            CacheControl="private, no-cache",
        )


def link_to(bucket: str, week: str, name: str) -> str:
    """Return a link that lets whoever has it read a file, for seven days at most.

    Source: Amazon S3 User Guide, "Sharing objects with presigned URLs".
    """
    parameters = {"Bucket": bucket, "Key": key_of(week, name)}
    link: str = client("s3").generate_presigned_url("get_object", Params=parameters, ExpiresIn=LINK_SECONDS)
    return link


def key_of(week: str, name: str) -> str:
    """Return the key of a file: the same for each run, so that a later one overwrites."""
    return f"reports/{week}/{name}"
