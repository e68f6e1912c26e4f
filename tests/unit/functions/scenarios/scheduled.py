"""Every path of the scheduled functions that reaches AWS."""

from __future__ import annotations

from collections.abc import Callable

from aws.clients import client
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import CONNECTIONS_TABLE, IMAGES_BUCKET
from tests.unit.functions.support.events import Context, event, recorded


def _cleanup_job(application: Application) -> None:
    row = {"topic": {"S": "public"}, "connectionId": {"S": "c"}, "expiresAt": {"N": "1"}}
    application.dynamodb.put_item(TableName=CONNECTIONS_TABLE, Item=row)
    client("s3").put_object(
        Bucket=IMAGES_BUCKET, Key="images/019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a10/image/thumb.webp", Body=b"x"
    )
    application.run("cleanup-job", recorded("scheduled"), Context(remaining_ms=300_000))


def _report_generator(application: Application) -> None:
    application.run("report-generator", recorded("scheduled"), Context(remaining_ms=300_000))


def _health_checker(application: Application) -> None:
    application.run("health-checker", recorded("scheduled"))
    application.run("health-checker", event("health_check", caller=None))


SCENARIOS: dict[str, Callable[[Application], None]] = {
    "cleanup-job": _cleanup_job,
    "report-generator": _report_generator,
    "health-checker": _health_checker,
}
