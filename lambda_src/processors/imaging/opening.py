"""Open an upload and decide, before a pixel is decoded, whether it will be."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

from processors.imaging import refusals
from processors.imaging.containers import exif
from processors.imaging.containers.parts import Sifted
from processors.imaging.containers.sifting import kind_of, sift
from processors.imaging.pixels import extra_bytes
from processors.imaging.refusals import ImageRefused
from processors.imaging.sizes import fitted

if TYPE_CHECKING:
    from PIL import Image

# What decoding may take, in bytes. The function with its clients takes 60 MB before it; a test measures what the whole
# takes for the worst that is let in.
DECODING_BYTES = 156_000_000
# Bytes that a pixel takes, by the mode it is decoded to: one, two or four, whatever the file has.
_MODE_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "LA": 4, "PA": 4, "RGB": 4, "RGBA": 4, "CMYK": 4, "YCbCr": 4, "I": 4}
# These decoders keep two or three copies of the whole picture, measured for every mode that they know.
_WHOLE_BYTES = {"WEBP": 17, "AVIF": 16}
# Pillow imports all its formats when it is asked for one that is not loaded; and the name of its part for each.
_PLUGINS = {
    "JPEG": ("JpegImagePlugin", "jpg"),
    "PNG": ("PngImagePlugin", "zlib"),
    "GIF": ("GifImagePlugin", ""),
    "WEBP": ("WebPImagePlugin", "webp"),
    "AVIF": ("AvifImagePlugin", "avif"),
}


class CodecMissing(ImportError):
    """Pillow is here, and cannot read or write one of the formats that it is needed for."""


@dataclass(frozen=True)
class Upload:
    """An upload of which nothing is decoded yet.

    Parameters
    ----------
    found
        What is known of it.
    width, height
        As stored, in pixels.
    image
        The image. A JPEG is set to be decoded as small as will do, so it may have fewer pixels.
    extent
        How wide and high the picture is in these pixels: the last ones of a row or column may be only partly of it.
    """

    found: Sifted
    width: int
    height: int
    image: Image.Image
    extent: tuple[float, float]


def load_codec(kind: str) -> None:
    """Load what reads and writes a format.

    Raises
    ------
    ImportError
        Pillow, or its part for this format, cannot be loaded. No upload is to blame for that.
    """
    from PIL import features

    plugin, feature = _PLUGINS[kind]
    importlib.import_module(f"PIL.{plugin}")
    if feature and not features.check(feature):
        raise CodecMissing(f"Pillow has no {feature}")


@contextmanager
def decoding() -> Iterator[None]:
    """Turn what Pillow raises over a damaged file into a refusal; let through what is no fault of the file.

    Decoders raise nearly anything: OSError, SyntaxError, ValueError, EOFError, struct.error. An OSError with a number
    is the system's, though, and neither a missing module nor a lack of memory says anything of the file.

    Raises
    ------
    ImageRefused
        The file is damaged.
    """
    try:
        yield
    except (ImageRefused, ImportError, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ImageRefused(refusals.TRUNCATED if "truncated" in str(error).lower() else refusals.UNREADABLE) from error


def opened(file: BinaryIO, scratch: BinaryIO, *, max_pixels: int, longest: int) -> Upload:
    """Return the image in a file.

    Parameters
    ----------
    file
        The upload, at least one byte long.
    scratch
        An empty file, which stays open until the image is decoded: its pixels are there.
    max_pixels
        Pixels that no image may exceed, whatever it is.
    longest
        The longest side of the largest size that is wanted, in pixels.

    Raises
    ------
    ImageRefused
        It is none of JPEG, PNG, WebP, GIF and AVIF, is damaged, has several frames, is made of too many parts, or
        decoding it would take too much.
    ImportError
        Pillow cannot be loaded.
    """
    kind = kind_of(file)
    load_codec(kind)
    found = sift(kind, file, scratch)
    _refuse_large(found.width, found.height, max_pixels)
    with decoding():
        image = _header(scratch, kind)
        _refuse_large(*image.size, max_pixels)
        if getattr(image, "is_animated", False):
            raise ImageRefused(refusals.ANIMATED)
        width, height = image.size
        if kind == "AVIF":
            found = _told_by_decoder(image, found)
        elif (width, height) != (found.width, found.height):
            raise ImageRefused(refusals.UNREADABLE)
        extent = _drafted(image, longest) if kind == "JPEG" else image.size
    if _decoding_bytes(image, scratch, kind, longest, found) > DECODING_BYTES:
        raise ImageRefused(refusals.TOO_MANY_PIXELS)
    return Upload(found, width, height, image, extent)


def low_bytes(scratch: BinaryIO) -> Image.Image:
    """Return the lower bytes of the channels of a PNG that has 16 bits in each; Pillow decodes the upper ones."""
    from PIL import Image

    scratch.seek(0)
    image = Image.open(scratch, formats=["PNG"])
    # The same unpacking in the other byte order.
    image.tile = [tile._replace(args="RGB;16L") for tile in image.tile]
    image.load()
    return image


def _told_by_decoder(image: Image.Image, found: Sifted) -> Sifted:
    """Return what is known of an AVIF, with what boxes and the picture's own properties say of it together."""
    profile = image.info.get("icc_profile")
    return replace(found, profile=profile, orientation=exif.orientation(image.info.get("exif", b"")))


def _refuse_large(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise ImageRefused(refusals.TOO_MANY_PIXELS)


def _header(file: BinaryIO, kind: str) -> Image.Image:
    from PIL import Image

    # The caps here are lower than Pillow's, and are looked at before it decodes anything.
    Image.MAX_IMAGE_PIXELS = None
    if kind == "AVIF":
        from PIL import AvifImagePlugin

        # Each thread takes memory of its own, and a function has less than two processors.
        AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    return Image.open(file, formats=[kind])


def _drafted(image: Image.Image, longest: int) -> tuple[float, float]:
    """Set a JPEG to be decoded in 1/8, 1/4 or 1/2 of its size; return its extent."""
    drafted = image.draft(None, fitted(*image.size, longest))
    return drafted[1][2:] if drafted else image.size


def _decoding_bytes(image: Image.Image, file: BinaryIO, kind: str, longest: int, found: Sifted) -> int:
    if kind in _WHOLE_BYTES:
        # An AVIF may be put together from parts, of which one is larger than the whole.
        whole = max(image.size[0] * image.size[1], found.width * found.height)
        return whole * _WHOLE_BYTES[kind] + file.seek(0, 2)
    if image.mode not in _MODE_BYTES:
        raise ImageRefused(refusals.UNREADABLE)
    pixels = image.size[0] * image.size[1]
    # By the time that a JPEG is scaled, its coefficients are no longer needed.
    beside = max(found.coefficient_bytes, extra_bytes(image, longest, found))
    return pixels * _MODE_BYTES[image.mode] + beside
