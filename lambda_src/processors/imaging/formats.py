"""The formats that sizes are written in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from processors.imaging.colours import on_white
from runtime.settings import SettingError

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True)
class Format:
    """A format to write.

    Parameters
    ----------
    name
        Pillow's name of it.
    extension, content_type
        Of its files.
    transparent
        Whether it has transparency.
    options
        Pillow's for saving.
    """

    name: str
    extension: str
    content_type: str
    transparent: bool
    options: Mapping[str, Any]


# JPEG is the default because its files are the most like those of the slow way, which `make bench-images` compares, and
# it is encoded six times as fast as WebP. See docs/decisions/0004-images.md.
FORMATS = {
    "jpeg": Format("JPEG", "jpg", "image/jpeg", False, {"quality": 85}),
    "webp": Format("WEBP", "webp", "image/webp", True, {"quality": 85, "method": 2}),
    "avif": Format("AVIF", "avif", "image/avif", True, {"quality": 75, "speed": 9}),
}
DEFAULT = "jpeg"


def format_of(text: str) -> Format:
    """Return the format of this name.

    Raises
    ------
    SettingError
        There is none.
    """
    if text not in FORMATS:
        raise SettingError(f"The environment variable IMAGE_FORMAT is none of {', '.join(sorted(FORMATS))}.")
    return FORMATS[text]


def encoded(image: Image.Image, target: Format) -> bytes:
    """Return the picture as a file of the format, without any metadata."""
    if target.name != "JPEG":
        # Named where it is needed: Pillow imports all its formats when it is asked for one that is not loaded.
        from PIL import AvifImagePlugin, WebPImagePlugin  # noqa: F401
    if not target.transparent:
        image = on_white(image)
    # What Pillow finds here it would write into some formats.
    image.info = {}
    file = BytesIO()
    image.save(file, target.name, **target.options)
    return file.getvalue()
