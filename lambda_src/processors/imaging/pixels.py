"""From decoded pixels of whatever mode to few ones of a mode that every size is made from."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from processors.imaging.containers.parts import ColourKey, Sifted

if TYPE_CHECKING:
    from PIL import Image

# How many times as long as wanted a side is left for the real filter. Less shows in the result, more takes memory.
_GAP = 1.5
_BAND_PIXELS = 500_000
_DEEP = ("I;16", "I")
_GREY = ("1", "L", "LA", *_DEEP)
_DEPTH_STEP = 256
# Of a pixel of several channels, however many.
_BYTES = 4


def extra_bytes(image: Image.Image, longest: int, found: Sifted) -> int:
    """Return what scaling a picture down will take beside its decoded pixels at most, in bytes.

    Parameters
    ----------
    image
        Opened; it need not be decoded.
    longest
        The longest side that it will be scaled to, in pixels.
    found
        What is known of its file.
    """
    width, height = image.size
    factor = _factor(image, longest)
    twice = width * height * _BYTES if needs_low_bytes(image, found) else 0
    if factor == 1 and _mode_for(image, found) == image.mode:
        # The real filter goes across first, and keeps what it has made of every row.
        return min(width, longest) * height * _BYTES
    return twice + width * height * _BYTES // (factor * factor)


def needs_low_bytes(image: Image.Image, found: Sifted) -> bool:
    """Say whether a colour has 16 bits a channel, of which decoding leaves 8, and all of them count."""
    return image.mode == "RGB" and found.colour_key is not None and found.colour_key.depth == 16


def shrunk(
    image: Image.Image, longest: int, found: Sifted, low: Image.Image | None = None
) -> tuple[Image.Image, tuple[int, int]]:
    """Return the picture in mode L, La, RGB, RGBa or CMYK, smaller but still larger than wanted; and its factors.

    These are whole: the last pixel of a row or column stands for fewer pixels where they do not divide the size. It is
    made in bands, so that no second copy of all pixels is needed for changing their mode. Alpha is multiplied in
    (modes La and RGBa): the filter would make a copy for that.

    Parameters
    ----------
    image
        Decoded.
    longest
        The longest side that the picture will be scaled to, in pixels.
    found
        What is known of its file.
    low
        The lower bytes of its channels, where `needs_low_bytes` says so.
    """
    from PIL import Image

    mode, factor = _mode_for(image, found), _factor(image, longest)
    width, height = image.size
    if factor == 1 and mode == image.mode:
        return image, (1, 1)
    across, down = min(factor, width), min(factor, height)
    result = Image.new(mode, (-(-width // across), -(-height // down)))
    rows = down * max(1, _BAND_PIXELS // (width * down))
    for top in range(0, height, rows):
        place = (0, top, width, min(top + rows, height))
        band = image.crop(place)
        alpha = _alpha(band, found.colour_key, low.crop(place) if low else None) if found.colour_key else None
        band = _converted(band, mode, alpha)
        result.paste(band.reduce((across, down)) if factor > 1 else band, (0, top // down))
    return result, (across, down)


def _factor(image: Image.Image, longest: int) -> int:
    return max(1, int(max(image.size) / (longest * _GAP)))


def _mode_for(image: Image.Image, found: Sifted) -> str:
    if image.mode == "CMYK":
        return image.mode
    mode = "L" if image.mode in _GREY or found.grey else "RGB"
    return f"{mode}a" if image.has_transparency_data or found.colour_key else mode


def _converted(band: Image.Image, mode: str, alpha: Image.Image | None) -> Image.Image:
    if band.mode == mode:
        return band
    if band.mode in _DEEP:
        # Pillow would clip 16 bits to 8; this keeps the upper ones.
        band = band.point(lambda value: value * (1 / _DEPTH_STEP) + 0)
    if not mode.endswith("a"):
        return band.convert(mode)
    if alpha is not None:
        band = band.convert(mode[:-1])
        band.putalpha(alpha)
    return band.convert(mode.upper()).convert(mode)


def _alpha(band: Image.Image, key: ColourKey, low: Image.Image | None) -> Image.Image:
    """Return 0 where all channels have just the value that is transparent, and 255 elsewhere."""
    from PIL import Image, ImageChops

    if band.mode in _DEEP:
        # The two bytes of each value, by reading it in one byte order or the other.
        content = band.convert("I;16").tobytes()
        high, low = (Image.frombytes("L", band.size, content, "raw", order) for order in ("L;16", "L;16B"))
    else:
        high = band.convert("L") if band.mode == "1" else band
    if key.depth == 16:
        channels = zip((*high.split(), *(low.split() if low else ())), _bytes_of(key), strict=True)
    else:
        # Fewer bits are spread over the range of eight.
        spread = [sample * 255 // ((1 << key.depth) - 1) for sample in key.samples]
        channels = zip(high.split(), spread, strict=True)
    others = [channel.point([255 * (value != sample) for value in range(256)]) for channel, sample in channels]
    return reduce(ImageChops.lighter, others)


def _bytes_of(key: ColourKey) -> tuple[int, ...]:
    return (*(sample >> 8 for sample in key.samples), *(sample & 255 for sample in key.samples))
