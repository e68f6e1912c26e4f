"""Pictures to scale: procedural, since no photograph may be shipped, but with what matters here of one.

They have the spectrum of natural scenes, whose amplitude falls as one over the frequency (Field, "Relations between the
statistics of natural images and the response properties of cortical cells", 1987): objects of all sizes with sharp
edges before one another ("dead leaves": Lee, Mumford and Huang, "Occlusion models for natural images", 2001), a texture
of that spectrum over everything, in colour too, and a sensor's noise. There is no smooth sky and nothing out of focus,
so they are harder to scale and to encode than most photographs.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

LEAVES = 6000
SEED = 1


def write(path: Path, width: int, height: int) -> None:
    """Write a picture; a JPEG as cameras do, with quality 92 and colours at half the resolution."""
    image = picture(width, height)
    if path.suffix == ".jpg":
        image.save(path, quality=92, subsampling="4:2:0")
    else:
        image.save(path, compress_level=3)


def picture(width: int, height: int) -> Image.Image:
    """Return a picture of these pixels, always the same one."""
    chance = np.random.default_rng(SEED)
    pixels = np.asarray(_leaves(chance, width, height).filter(ImageFilter.GaussianBlur(0.8))).astype(np.float32)
    pixels += _texture(chance, width, height)[..., None] * 18
    for channel in range(3):
        coarse = _texture(chance, width // 4, height // 4).repeat(4, 0).repeat(4, 1)
        pixels[..., channel] += coarse[:height, :width] * 4
    pixels += chance.standard_normal((height, width), dtype=np.float32)[..., None] * 1.5
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _leaves(chance: np.random.Generator, width: int, height: int) -> Image.Image:
    """Return discs and quadrilaterals before one another; their number falls with the cube of their size."""
    image = Image.new("RGB", (width, height), (128, 128, 128))
    draw = ImageDraw.Draw(image)
    smallest, largest = width / 800, width / 5
    spread = chance.random(LEAVES)
    radii = 1 / np.sqrt(1 / smallest**2 - spread * (1 / smallest**2 - 1 / largest**2))
    for radius in radii:
        x, y = chance.random() * width, chance.random() * height
        red, green, blue = np.clip(chance.normal(120, 45) + chance.normal(0, 22, 3), 5, 250).astype(int).tolist()
        if chance.random() < 0.5:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(red, green, blue))
            continue
        turn = chance.random() * np.pi
        corners = zip(np.arange(4) * np.pi / 2 + turn, chance.uniform(0.5, 1.2, 4) * radius, strict=True)
        outline = [(float(x + away * np.cos(angle)), float(y + away * np.sin(angle))) for angle, away in corners]
        draw.polygon(outline, fill=(red, green, blue))
    return image


def _texture(chance: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Return noise whose amplitude falls as one over the frequency, of mean 0 and deviation 1."""
    down = np.fft.fftfreq(height)[:, None].astype(np.float32)
    across = np.fft.rfftfreq(width)[None, :].astype(np.float32)
    frequency = np.sqrt(down * down + across * across)
    frequency[0, 0] = 1
    spectrum = chance.standard_normal(frequency.shape, dtype=np.float32) + 1j * chance.standard_normal(
        frequency.shape, dtype=np.float32
    )
    spectrum /= frequency
    spectrum[0, 0] = 0
    noise = np.fft.irfft2(spectrum, s=(height, width)).astype(np.float32)
    scaled: np.ndarray = noise / noise.std()
    return scaled
