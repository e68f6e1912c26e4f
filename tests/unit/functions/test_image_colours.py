"""Right colours and right transparency, each against a computation that has nothing to do with Pillow."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image

from processors.imaging.derivatives import Derivatives, make
from processors.imaging.formats import FORMATS
from processors.imaging.refusals import ImageRefused
from processors.imaging.sizes import Size
from tests.hostile_images import chunk
from tests.unit.functions.support.pictures import GOOD, QUARTERS, loaded, photo, saved

SIDE = 16
# W3C PNG, 8.2: where each pass begins, and its steps.
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
Pixel = tuple[int, ...]


def _made(content: bytes, kind: str = "webp", longest: int = 1024) -> Derivatives:
    return make(BytesIO(content), sizes=[Size("only", longest)], target=FORMATS[kind], max_pixels=50_000_000)


def _picture(content: bytes, kind: str = "webp", longest: int = 1024) -> Image.Image:
    return loaded(_made(content, kind, longest).sizes[0].content)


def _alpha(image: Image.Image) -> list[int]:
    return list(image.convert("RGBA").getchannel("A").tobytes())


def _srgb(linear: float) -> int:
    """IEC 61966-2-1: from light to the value that a screen is sent."""
    return round(255 * (12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055))


def linear_grey() -> bytes:
    """Return a profile for grey in which values are light (ICC.1:2022: 7.2, 8.4.2; a curve without entries)."""
    white = b"XYZ \0\0\0\0" + struct.pack(">iii", 63190, 65536, 54061)
    tags = {b"wtpt": white, b"kTRC": b"curv" + bytes(8), b"cprt": b"text\0\0\0\0none\0\0\0\0"}
    at, table, content = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, tag in tags.items():
        table += name + struct.pack(">II", at + len(content), len(tag))
        content += tag
    head = bytearray(128)
    head[8:12] = b"\2\x40\0\0"
    head[12:24] = b"mntrGRAYXYZ "
    head[36:40] = b"acsp"
    head[68:80] = struct.pack(">iii", 63190, 65536, 54061)
    head[:4] = struct.pack(">I", at + len(content))
    return bytes(head) + table + content


@pytest.mark.parametrize("value", [0, 10, 64, 128, 255])
@pytest.mark.parametrize(("mode", "kind"), [("L", "PNG"), ("LA", "PNG"), ("L", "JPEG"), ("L", "AVIF")])
def test_grey_keeps_its_profile_with_alpha_and_without(mode: str, kind: str, value: int) -> None:
    picture = Image.new(mode, (64, 64), value if mode == "L" else (value, 255))
    made = _picture(saved(picture, kind, icc_profile=linear_grey(), quality=100), "jpeg").convert("RGB")
    assert made.getpixel((32, 32)) == pytest.approx((_srgb(value / 255),) * 3, abs=2)


def test_grey_with_half_transparent_pixels_keeps_its_profile() -> None:
    picture = Image.new("LA", (64, 64), (64, 128))
    made = _picture(saved(picture, "PNG", icc_profile=linear_grey()))
    assert made.getpixel((32, 32)) == pytest.approx((137, 137, 137, 128), abs=3)


def test_the_figures_are_those_of_the_standard() -> None:
    assert (_srgb(64 / 255), _srgb(0), _srgb(1)) == (137, 0, 255)


def _png(pixels: list[list[Pixel]], kind: int, depth: int, *before: bytes, interlaced: bool = False) -> bytes:
    """Return a PNG of these samples."""
    height, width = len(pixels), len(pixels[0])

    def rows(left: int, top: int, across: int, down: int) -> Iterator[bytes]:
        for line in pixels[top::down]:
            bits = "".join(f"{sample:0{depth}b}" for pixel in line[left::across] for sample in pixel)
            if bits:
                bits += "0" * (-len(bits) % 8)
                yield b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")

    passes = ADAM7 if interlaced else ((0, 0, 1, 1),)
    data = b"".join(row for one in passes for row in rows(*one))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, int(interlaced)))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(before) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def _shades(depth: int, channels: int) -> list[list[Pixel]]:
    """Return pixels of which some differ in one channel, and some in the lowest bit alone."""
    most = (1 << depth) - 1
    key = (most * 2 // 3,) * channels
    others: list[Pixel] = [(0,) * channels, (most,) * channels, (key[0] ^ 1, *key[1:]), (*key[1:], key[0] ^ 1)]
    others += [(*key[:-1], min(most, key[-1] ^ 0x80 if depth > 7 else key[-1] ^ 1))]
    cycle = [key, *others]
    return [[cycle[(row * 3 + column) % len(cycle)] for column in range(SIDE)] for row in range(SIDE)]


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("kind", "depth"), [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16)], ids=str)
def test_just_one_colour_is_transparent(kind: int, depth: int, interlaced: bool) -> None:
    """W3C PNG, 11.3.1.1: pixels of the colour, with all bits of their samples, are transparent, and no others."""
    channels = 3 if kind == 2 else 1
    pixels = _shades(depth, channels)
    key = pixels[0][0]
    # Bits above the depth do not count.
    beyond = 1 << depth if depth < 16 else 0
    transparent = chunk(b"tRNS", b"".join(struct.pack(">H", sample | beyond) for sample in key))
    made = _picture(_png(pixels, kind, depth, transparent, interlaced=interlaced))
    assert _alpha(made) == [0 if pixel == key else 255 for row in pixels for pixel in row]
    most = (1 << depth) - 1
    for at in ((1, 0), (2, 0), (5, 3)):
        pixel = pixels[at[1]][at[0]]
        if pixel != key and made.convert("RGBA").getpixel(at) is not None:
            wanted = [round(sample * 255 / most) for sample in (pixel * 3)[:3]]
            assert _png_colours(pixels, kind, depth, at) == pytest.approx(wanted, abs=1)


def _png_colours(pixels: list[list[Pixel]], kind: int, depth: int, at: tuple[int, int]) -> list[int]:
    """Return the colour of one pixel, as the whole picture is made without losses."""
    filled = [[pixels[at[1]][at[0]]] * SIDE] * SIDE
    colour = _picture(_png(filled, kind, depth), "jpeg").convert("RGB").getpixel((8, 8))
    assert isinstance(colour, tuple)
    return list(colour)


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_entries_of_a_palette_are_transparent(depth: int) -> None:
    most = min(16, 1 << depth)
    shades = bytes((position * 16) % 256 for position in range(most))
    palette = chunk(b"PLTE", b"".join(bytes((position * 15, 0, 255 - position * 15)) for position in range(most)))
    pixels: list[list[Pixel]] = [[((row + column) % most,) for column in range(SIDE)] for row in range(SIDE)]
    made = _picture(_png(pixels, 3, depth, palette, chunk(b"tRNS", shades)))
    assert _alpha(made) == [shades[pixel[0]] for row in pixels for pixel in row]


@pytest.mark.parametrize(("kind", "depth"), [(0, 2), (0, 16), (2, 16)])
def test_one_colour_is_transparent_in_a_picture_that_is_made_smaller(kind: int, depth: int) -> None:
    channels, most = 3 if kind == 2 else 1, (1 << depth) - 1
    line: list[Pixel] = [(0,) * channels] * 150 + [(most,) * channels] * 150
    transparent = chunk(b"tRNS", bytes(2 * channels))
    made = _picture(_png([line] * 300, kind, depth, transparent), longest=50)
    alpha = _alpha(made)
    assert (made.size, alpha[10], alpha[40]) == ((50, 50), 0, 255)
    # White to its very edge: a transparent black leaves nothing of itself in it.
    assert made.convert("RGBA").getpixel((26, 25)) == pytest.approx((255, 255, 255, 255), abs=3)


@pytest.mark.parametrize("brand", [b"avif", b"mif1", b"msf1", b"miaf", b"MA1B"])
def test_an_avif_is_one_by_any_of_its_brands(brand: bytes) -> None:
    content = GOOD["avif"]()
    made = _picture(content[:8] + brand + content[12:], "jpeg")
    assert made.convert("RGB").getpixel((100, 75)) == pytest.approx(QUARTERS[0], abs=14)


def test_what_is_none_by_its_brands_is_unknown() -> None:
    content = GOOD["avif"]()
    for brand in (b"avif", b"avis"):
        content = content[:8] + content[8:32].replace(brand, b"heic") + content[32:]
    with pytest.raises(ImageRefused, match="unknown-format"):
        _made(content)


def test_a_profile_that_is_damaged_is_as_none() -> None:
    plain = saved(Image.new("L", (64, 64), 64), "PNG")
    content = saved(Image.new("L", (64, 64), 64), "PNG", icc_profile=linear_grey())
    at = content.index(b"iCCP")
    length = int.from_bytes(content[at - 4 : at], "big")
    checksum = at + 4 + length
    damaged = content[:checksum] + bytes(4) + content[checksum + 4 :]
    assert _made(damaged) == _made(plain) != _made(content)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_avif_is_turned_as_its_boxes_say(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    made = _made(saved(photo(400, 300), "AVIF", exif=exif, quality=95), "jpeg")
    assert (made.width, made.height) == ((300, 400) if orientation > 4 else (400, 300))
