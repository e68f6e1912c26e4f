"""All sizes of an upload, made at little cost: decoded as small as will do, and each size from the next larger one."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from processors.imaging import refusals
from processors.imaging.colours import to_srgb
from processors.imaging.formats import Format, encoded
from processors.imaging.opening import decoding, low_bytes, opened
from processors.imaging.pixels import needs_low_bytes, shrunk
from processors.imaging.refusals import ImageRefused
from processors.imaging.sizes import Size, fitted

if TYPE_CHECKING:
    from PIL import Image

# Exif 2.32, section 4.6.4.
_ON_ITS_SIDE = (5, 6, 7, 8)


@dataclass(frozen=True)
class Derivative:
    """One size of an image: its name, its pixels each way, and the file."""

    name: str
    width: int
    height: int
    content: bytes


@dataclass(frozen=True)
class Derivatives:
    """What an upload has become: its own width and height, the right way up, and all sizes, the largest first."""

    width: int
    height: int
    sizes: tuple[Derivative, ...]


def make(file: BinaryIO, *, sizes: Sequence[Size], target: Format, max_pixels: int) -> Derivatives:
    """Return all sizes of an upload, turned as its camera was held, in sRGB, and without metadata.

    Parameters
    ----------
    file
        The upload.
    sizes
        What to make, the largest first. A picture that is smaller than a size is kept as large as it is.
    target
        The format to write.
    max_pixels
        Pixels that the upload may not exceed.

    Raises
    ------
    ImageRefused
        It is bad input. Nothing else is raised because of what is in the file, but for a `MemoryError` where memory is
        limited.
    ImportError
        Pillow cannot be loaded.
    """
    if not file.seek(0, 2):
        raise ImageRefused(refusals.EMPTY)
    with warnings.catch_warnings():
        # What Pillow remarks on a damaged picture would stand between the lines of the log.
        warnings.simplefilter("ignore")
        whole, picture = _upright(file, sizes[0].longest, max_pixels)
    made = []
    for size in sizes:
        picture = _scaled(picture, fitted(*whole, size.longest))
        made.append(Derivative(size.name, *picture.size, encoded(picture, target)))
    return Derivatives(*whole, tuple(made))


def _upright(file: BinaryIO, longest: int, max_pixels: int) -> tuple[tuple[int, int], Image.Image]:
    """Return the upload's own width and height, and its picture scaled down to `longest`, both the right way up."""
    # On the disk, so that the file itself takes no memory.
    with tempfile.TemporaryFile() as scratch:
        upload = opened(file, scratch, max_pixels=max_pixels, longest=longest)
        found, image, width, height = upload.found, upload.image, upload.width, upload.height
        with decoding():
            image.load()
            low = low_bytes(scratch) if needs_low_bytes(image, found) else None
    picture, (across, down) = shrunk(image, longest, found, low)
    extent = (upload.extent[0] / across, upload.extent[1] / down)
    # From here on the pixels of the upload itself, which are most of the memory, are not needed.
    del image, upload, low
    picture = to_srgb(_scaled(picture, fitted(width, height, longest), extent), found.profile)
    if found.orientation in _ON_ITS_SIDE:
        width, height = height, width
    return (width, height), _turned(picture, found.orientation)


def _turned(picture: Image.Image, orientation: int) -> Image.Image:
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return picture.transpose(turns[orientation]) if orientation in turns else picture


def _scaled(picture: Image.Image, size: tuple[int, int], extent: tuple[float, float] | None = None) -> Image.Image:
    from PIL.Image import Resampling

    extent = extent or picture.size
    return picture if extent == size else picture.resize(size, Resampling.LANCZOS, box=(0, 0, *extent))
