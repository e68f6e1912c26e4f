"""Images of items: where an upload and what is made of it lie, and which images an item has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from domain.callers import Caller
from domain.errors import NotTheOwner, TooManyImages
from domain.items import Item, readable
from domain.uuid7 import canonical

MAX_IMAGES = 20
# What may be uploaded, by the type that it is declared as. What the file really is counts later.
UPLOAD_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif")
Image = Mapping[str, object]

# 128 bits: nobody finds two contents with the same.
_DIGEST_LENGTH = 32
_UPLOAD_KEY = re.compile(r"uploads/([^/]+)/([^/]+)")


@dataclass(frozen=True)
class UploadKey:
    """An upload's place: the item that it is for, and the id of the image that it will be."""

    item_id: str
    image_id: str

    def __str__(self) -> str:
        return f"uploads/{self.item_id}/{self.image_id}"

    def derivative(self, size: str, content: bytes, extension: str) -> str:
        """Return the key of one size of the image, in the bucket of images: another one for any other content.

        Whoever writes an object, and however often, it is what its key says; so what an item names is what is read.
        """
        digest = sha256(content).hexdigest()[:_DIGEST_LENGTH]
        return f"images/{self.item_id}/{self.image_id}/{size}-{digest}.{extension}"


def upload_key_of(key: str) -> UploadKey | None:
    """Return the place that an object's key names, or nothing when it is not one of an upload."""
    match = _UPLOAD_KEY.fullmatch(key)
    if match is None or any(canonical(part) != part for part in match.groups()):
        return None
    return UploadKey(*match.groups())


def open_for_upload(caller: Caller, item: Item | None) -> Item:
    """Return the item that the caller may add an image to.

    Raises
    ------
    ItemNotFound
        There is none, or the caller may not know of it.
    NotTheOwner
        The caller sees an item that somebody else owns.
    TooManyImages
        It has as many images as an item may have.
    """
    found = readable(caller, item)
    if found.owner != caller.subject:
        raise NotTheOwner
    refuse_full(found)
    return found


def refuse_full(item: Item) -> None:
    """Refuse another image where there are enough.

    Raises
    ------
    TooManyImages
        The item has as many images as an item may have.
    """
    if len(item.images) >= MAX_IMAGES:
        raise TooManyImages


def has_image(item: Item, image_id: str) -> bool:
    """Say whether the item has the image already."""
    return any(image["id"] == image_id for image in item.images)


def with_image(item: Item, image: Image) -> tuple[Image, ...]:
    """Return the item's images and one more, in the order of their ids: that of their uploads.

    Raises
    ------
    TooManyImages
        The item has as many images as an item may have.
    """
    refuse_full(item)
    return tuple(sorted((*item.images, image), key=lambda entry: str(entry["id"])))
