"""From decoded pixels of whatever mode to few ones of a mode that every size is made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

# How many times as long as wanted a side is left for the real filter. Less shows in the result, more takes memory.
_GAP = 1.5
_BAND_PIXELS = 500_000
_DEEP = ("I;16", "I")
_DEPTH_STEP = 256
_TRANSPARENT = "RGBa"
# Of a pixel of several channels, however many.
_BYTES = 4


def extra_bytes(image: Image.Image, longest: int) -> int:
    """Return what scaling a picture down will take beside its decoded pixels at most, in bytes.

    Parameters
    ----------
    image
        Opened; it need not be decoded.
    longest
        The longest side that it will be scaled to, in pixels.
    """
    width, height = image.size
    factor = _factor(image, longest)
    if factor == 1 and _mode_for(image) == image.mode:
        # The real filter goes across first, and keeps what it has made of every row.
        return min(width, longest) * height * _BYTES
    return width * height * _BYTES // (factor * factor)


def shrunk(image: Image.Image, longest: int) -> tuple[Image.Image, tuple[int, int]]:
    """Return the picture in mode L, RGB, RGBa or CMYK, smaller as long as it stays larger than wanted; and its factors.

    These are whole: the last pixel of a row or column stands for fewer pixels where they do not divide the size. It is
    made in bands, so that no second copy of all pixels is needed for changing their mode. Alpha is multiplied in
    (mode RGBa): the filter would make a copy for that.

    Parameters
    ----------
    image
        Decoded.
    longest
        The longest side that the picture will be scaled to, in pixels.
    """
    from PIL import Image

    mode, factor = _mode_for(image), _factor(image, longest)
    width, height = image.size
    if factor == 1 and mode == image.mode:
        return image, (1, 1)
    across, down = min(factor, width), min(factor, height)
    result = Image.new(mode, (-(-width // across), -(-height // down)))
    rows = down * max(1, _BAND_PIXELS // (width * down))
    for top in range(0, height, rows):
        band = _converted(image.crop((0, top, width, min(top + rows, height))), mode)
        result.paste(band.reduce((across, down)) if factor > 1 else band, (0, top // down))
    return result, (across, down)


def _factor(image: Image.Image, longest: int) -> int:
    return max(1, int(max(image.size) / (longest * _GAP)))


def _mode_for(image: Image.Image) -> str:
    if image.has_transparency_data:
        return _TRANSPARENT
    if image.mode in ("L", "CMYK"):
        return image.mode
    return "L" if image.mode in ("1", *_DEEP) else "RGB"


def _converted(band: Image.Image, mode: str) -> Image.Image:
    if band.mode == mode:
        return band
    if band.mode in _DEEP:
        # Pillow would clip 16 bits to 8; this keeps the upper ones.
        band = band.point(lambda value: value * (1 / _DEPTH_STEP) + 0)
    if mode == _TRANSPARENT and band.mode != "RGBA":
        band = band.convert("RGBA")
    return band.convert(mode)
