"""Every path of the functions that deal with images that reaches AWS."""

from __future__ import annotations

from collections.abc import Callable

from aws.clients import client
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import UPLOADS_BUCKET
from tests.unit.functions.support.events import ALICE, BOB
from tests.unit.functions.support.pictures import GOOD, put

ID = "019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a10"


def _create_upload(application: Application) -> None:
    for item_id in (application.create(ALICE)["id"], application.create(BOB)["id"], ID):
        application.call("create_upload", item_id=item_id, body={"contentType": "image/png"})


def _image_processor(application: Application) -> None:
    item_id = application.create(ALICE)["id"]
    event = put(item_id, GOOD["png"]())
    for _ in range(2):
        application.run("image-processor", event)
    application.run("image-processor", put(ID, GOOD["png"]()))
    refused = put(item_id, b"text", image_id=ID)
    application.run("image-processor", refused)
    client("s3").delete_object(Bucket=UPLOADS_BUCKET, Key=f"uploads/{item_id}/{ID}")
    application.run("image-processor", refused)


def _list_images(application: Application) -> None:
    item_id = application.create(ALICE)["id"]
    application.run("image-processor", put(item_id, GOOD["png"]()))
    for listed in (item_id, ID):
        application.call("list_images", item_id=listed)


SCENARIOS: dict[str, Callable[[Application], None]] = {
    "create-upload": _create_upload,
    "image-processor": _image_processor,
    "list-images": _list_images,
}
