"""Colours as every screen shows them: sRGB, with no profile left to attach."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

# ICC.1:2022, section 7.2.6: the colour space that a profile is for, by the mode it can be used on.
_SPACES = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}
_OPAQUE = (255, 255)


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture in mode L, RGB or RGBA, its colours converted to sRGB.

    Parameters
    ----------
    image
        In mode L, La, RGB, RGBa or CMYK.
    profile
        The ICC profile that its colours follow. One that is missing, damaged or for another colour space is as none:
        then the values are taken for sRGB.
    """
    from PIL import Image

    if image.mode in ("La", "RGBa"):
        image = image.convert(image.mode.upper())
        alpha = image.getchannel("A")
        colours = to_srgb(image.convert(image.mode[:-1]), profile)
        if alpha.getextrema() == _OPAQUE:
            return colours
        return Image.merge("RGBA", (*colours.convert("RGB").split(), alpha))
    converted = _through(image, profile) if profile else None
    if converted is not None:
        return converted
    return image.convert("RGB") if image.mode == "CMYK" else image


def on_white(image: Image.Image) -> Image.Image:
    """Return the picture without transparency, on white."""
    from PIL import Image

    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _through(image: Image.Image, profile: bytes) -> Image.Image | None:
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if source.profile.xcolor_space.strip() != _SPACES[image.mode]:
            return None
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
