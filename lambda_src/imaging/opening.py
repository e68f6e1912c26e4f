"""Open an upload and decide, before a pixel is decoded, whether it will be."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from imaging import refusals
from imaging.jpeg_header import UnknownCoding, coefficient_bytes
from imaging.pixels import extra_bytes
from imaging.refusals import ImageRefused
from imaging.sizes import fitted

if TYPE_CHECKING:
    from PIL import Image

# What decoding may take, in bytes. The function with its clients takes 60 MB before it; a test measures that the whole
# stays well below 256 MB for the worst that is let in.
DECODING_BYTES = 156_000_000
# Bytes that a pixel takes, by the mode it is decoded to: one, two or four, whatever the file has.
_MODE_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "LA": 4, "PA": 4, "RGB": 4, "RGBA": 4, "CMYK": 4, "YCbCr": 4, "I": 4}
# These decoders keep two or three copies of the whole picture, measured for every mode that they know.
_WHOLE_BYTES = {"WEBP": 17, "AVIF": 16}
_HEAD_BYTES = 12
_AVIF_BRANDS = (b"avif", b"avis")
# Text in a PNG is compressed, and is of no use here.
_PNG_TEXT_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """An upload of which nothing is decoded yet.

    Parameters
    ----------
    width, height
        As stored, in pixels.
    image
        The image. A JPEG is set to be decoded as small as will do, so it may have fewer pixels.
    extent
        How wide and high the picture is in these pixels: the last ones of a row or column may be only partly of it.
    """

    width: int
    height: int
    image: Image.Image
    extent: tuple[float, float]


def opened(file: BinaryIO, *, max_pixels: int, longest: int) -> Upload:
    """Return the image in a file.

    Parameters
    ----------
    file
        The upload, at least one byte long. What it says counts, not its name or declared type.
    max_pixels
        Pixels that no image may exceed, whatever it is.
    longest
        The longest side of the largest size that is wanted, in pixels.

    Raises
    ------
    ImageRefused
        It is none of JPEG, PNG, WebP, GIF and AVIF, is damaged, has several frames, or decoding it would take too much.
    """
    kind = _kind(file)
    image = _header(file, kind)
    width, height = image.size
    if width * height > max_pixels:
        raise ImageRefused(refusals.TOO_MANY_PIXELS)
    # Phones put previews and depth maps behind a JPEG as further pictures (MPO): the first is the photo.
    if kind != "JPEG" and getattr(image, "is_animated", False):
        raise ImageRefused(refusals.ANIMATED)
    kept, extent = _drafted(image, file, longest) if kind == "JPEG" else (0, image.size)
    if _decoding_bytes(image, file, kind, longest, kept) > DECODING_BYTES:
        raise ImageRefused(refusals.TOO_MANY_PIXELS)
    return Upload(width, height, image, extent)


def _kind(file: BinaryIO) -> str:
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head[:4] == b"RIFF" and head[8:] == b"WEBP":
        return "WEBP"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head[4:8] == b"ftyp" and head[8:] in _AVIF_BRANDS:
        return "AVIF"
    raise ImageRefused(refusals.UNKNOWN_FORMAT)


def _header(file: BinaryIO, kind: str) -> Image.Image:
    from PIL import Image, PngImagePlugin

    # The caps here are lower than Pillow's, and are looked at before it decodes anything.
    Image.MAX_IMAGE_PIXELS = None
    PngImagePlugin.MAX_TEXT_MEMORY = _PNG_TEXT_BYTES
    importlib.import_module(_plugin(kind))
    _refuse_short_webp(file, kind)
    file.seek(0)
    return Image.open(file, formats=[kind])


def _plugin(kind: str) -> str:
    # Pillow imports all its formats when it is asked for one that is not loaded.
    names = {"JPEG": "Jpeg", "PNG": "Png", "WEBP": "WebP", "GIF": "Gif", "AVIF": "Avif"}
    return f"PIL.{names[kind]}ImagePlugin"


def _refuse_short_webp(file: BinaryIO, kind: str) -> None:
    """Pillow cannot tell a WebP that ends too early from a damaged one; its header can (RFC 9649, section 2.4)."""
    if kind == "WEBP":
        file.seek(4)
        announced = int.from_bytes(file.read(4), "little") + 8
        if file.seek(0, 2) < announced:
            raise ImageRefused(refusals.TRUNCATED)


def _drafted(image: Image.Image, file: BinaryIO, longest: int) -> tuple[int, tuple[float, float]]:
    """Set a JPEG to be decoded in 1/8, 1/4 or 1/2 of its size; return the bytes of its coefficients, and its extent."""
    at = file.tell()
    try:
        kept = coefficient_bytes(file)
    except UnknownCoding:
        raise ImageRefused(refusals.UNREADABLE) from None
    file.seek(at)
    drafted = image.draft(None, fitted(*image.size, longest))
    return kept, drafted[1][2:] if drafted else image.size


def _decoding_bytes(image: Image.Image, file: BinaryIO, kind: str, longest: int, kept: int) -> int:
    pixels = image.size[0] * image.size[1]
    if kind in _WHOLE_BYTES:
        return pixels * _WHOLE_BYTES[kind] + file.seek(0, 2)
    if image.mode not in _MODE_BYTES:
        raise ImageRefused(refusals.UNREADABLE)
    # By the time that a JPEG is scaled, its coefficients are no longer needed.
    return pixels * _MODE_BYTES[image.mode] + max(kept, extra_bytes(image, longest))
