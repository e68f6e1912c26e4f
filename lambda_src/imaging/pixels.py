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


def shrunk(image: Image.Image, longest: int) -> Image.Image:
    """Return the picture in mode L, RGB, RGBA or CMYK, by whole factors smaller as long as it stays larger than wanted.

    It is made in bands, so that no second copy of all pixels is needed for changing their mode. A copy that is smaller
    at all has at most a quarter of the pixels.

    Parameters
    ----------
    image
        Decoded.
    longest
        The longest side that the picture will be scaled to, in pixels.
    """
    from PIL import Image

    mode = _mode_for(image)
    width, height = image.size
    factor = max(1, int(max(width, height) / (longest * _GAP)))
    if factor == 1 and mode == image.mode:
        return image
    across, down = min(factor, width), min(factor, height)
    result = Image.new(mode, (-(-width // across), -(-height // down)))
    rows = down * max(1, _BAND_PIXELS // (width * down))
    for top in range(0, height, rows):
        band = _converted(image.crop((0, top, width, min(top + rows, height))), mode)
        result.paste(band.reduce((across, down)) if factor > 1 else band, (0, top // down))
    return result


def _mode_for(image: Image.Image) -> str:
    if image.has_transparency_data:
        return "RGBA"
    if image.mode in ("L", "CMYK"):
        return image.mode
    return "L" if image.mode in ("1", *_DEEP) else "RGB"


def _converted(band: Image.Image, mode: str) -> Image.Image:
    if band.mode == mode:
        return band
    if band.mode in _DEEP:
        # Pillow would clip 16 bits to 8; this keeps the upper ones.
        band = band.point(lambda value: value * (1 / _DEPTH_STEP) + 0)
    return band.convert(mode)
