"""Checks of image uploads."""

from __future__ import annotations

from typing import Any

from tools.access.http import call
from tools.deployment.smoke.picture import CONTENT_TYPE, form, png
from tools.deployment.smoke.session import Session


class ImageChecks:
    """A picture's way from its upload to what is made of it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._upload: dict[str, Any] = {}

    def form(self) -> None:
        """The item's owner gets a form to upload a picture with."""
        path = f"/items/{self._session.item['id']}/images"
        upload = self._session.call("POST", path, 201, body={"contentType": CONTENT_TYPE}).json()
        if not upload["url"] or "policy" not in {name.lower() for name in upload["fields"]}:
            raise AssertionError(f"there is no presigned form in {upload}")
        self._upload = upload

    def processed(self) -> None:
        """S3 takes the picture, and the item names what was made of it."""
        body, content_type = form(self._upload["fields"], png())
        answer = call("POST", self._upload["url"], body=body, headers={"Content-Type": content_type})
        if answer.status not in (200, 201, 204):
            raise AssertionError(f"the upload was answered with {answer.status}: {answer.body[:300]!r}")
        path = f"/items/{self._session.item['id']}"
        what = "the item names no image; see the log of image-processor"
        (image,) = self._session.eventually(lambda: self._session.call("GET", path, 200).json()["images"], what)
        if (image["width"], image["height"]) != (640, 480) or not image["sizes"]:
            raise AssertionError(f"the image is described as {image}")
