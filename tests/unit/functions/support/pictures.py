"""Uploads of every kind, good and bad, as bytes."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms, ImageDraw

from aws.clients import client
from tests.unit.functions.support.cloud import UPLOADS_BUCKET
from tests.unit.functions.support.events import recorded

IMAGE_ID = "019ab5c5-2f60-7c44-8d21-5e7f60a1b2c3"
CORRELATION_ID = "journey.2026-11-23.1"
ORIENTATION = 0x0112
QUARTERS = ((220, 40, 40), (40, 180, 60), (50, 60, 210), (230, 200, 60))


def photo(width: int = 400, height: int = 300, mode: str = "RGB") -> Image.Image:
    """Return a picture whose quarters are red, green, blue and yellow, from the upper left, row by row."""
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for position, colour in enumerate(QUARTERS):
        left, top = position % 2 * width // 2, position // 2 * height // 2
        draw.rectangle((left, top, left + width // 2, top + height // 2), fill=colour)
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Return a picture as a file."""
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def loaded(content: bytes) -> Image.Image:
    """Return the picture in a file, decoded."""
    image = Image.open(BytesIO(content))
    image.load()
    return image


def held(orientation: int, kind: str = "JPEG") -> bytes:
    """Return a picture that is upright only for who looks at its orientation, with a place and a comment in it."""
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    image = photo()
    if orientation in undo:
        image = image.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010F] = "SECRET-CAMERA"
    exif.get_ifd(0x8825)[2] = (59.0, 12.0, 7.5)
    options: dict[str, Any] = {"exif": exif, "quality": 95}
    if kind == "JPEG":
        options |= {"comment": "SECRET-COMMENT", "xmp": b"<x:xmpmeta>SECRET-XMP</x:xmpmeta>"}
    return saved(image, kind, **options)


def frames(count: int, kind: str = "GIF", side: int = 32) -> bytes:
    """Return a film."""
    first, *others = [Image.new("L", (side, side), position * 53 % 256) for position in range(count)]
    return saved(first.convert("RGB"), kind, save_all=True, append_images=[other.convert("RGB") for other in others])


def phone_photo() -> bytes:
    """Return a JPEG with a second picture behind it (MPO), as phones write them."""
    return saved(photo(), "MPO", save_all=True, append_images=[photo(80, 60)])


def deep_grey(width: int = 64, height: int = 64) -> bytes:
    """Return a PNG of 16 bits a pixel, from black on the left to white on the right."""
    row = b"".join(struct.pack("<H", column * 65535 // (width - 1)) for column in range(width))
    return saved(Image.frombytes("I;16", (width, height), row * height), "PNG")


def seen_through() -> Image.Image:
    """Return a picture whose left half is transparent."""
    image = photo(mode="RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 200, 300))
    return image


def seen_through_palette() -> bytes:
    """Return a palette PNG whose left half is transparent."""
    return saved(seen_through().quantize(64), "PNG")


def with_profile(mode: str = "RGB", **options: Any) -> bytes:
    """Return a JPEG in a colour space in which its red and green are exchanged, so that ignoring it would show."""
    return saved(photo(mode=mode), "JPEG", icc_profile=exchanging_profile(), quality=95, **options)


@cache
def exchanging_profile() -> bytes:
    """Return sRGB's profile with the primaries of red and green exchanged."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(profile[128:132], "big")
    tags = {bytes(profile[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


def bomb(width: int = 14_000, height: int = 14_000, *, colour: int = 2) -> bytes:
    """Return a PNG of few bytes and many pixels; `colour` is PNG's colour type (grey, RGB, palette, RGBA)."""
    samples = {0: 1, 2: 3, 3: 1, 6: 4}[colour]
    packer = zlib.compressobj(1)
    row = b"\0" + bytes(width * samples)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    palette = _chunk(b"PLTE", bytes(range(48))) if colour == 3 else b""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + palette + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def in_separate_scans(width: int, height: int) -> bytes:
    """Return a baseline JPEG with a scan for each component: a decoder has to keep it all, as if it was progressive."""
    colours = photo(width, height).convert("YCbCr")
    parts = [saved(channel, "JPEG", quality=80) for channel in colours.split()]
    # The tables and the data of a grey JPEG, with a frame of three components around three of them.
    tables = b"".join(_segments(parts[0], (0xDB, 0xC4)))
    frame = struct.pack(">BHHB", 8, height, width, 3) + b"".join(bytes((number, 0x11, 0)) for number in (1, 2, 3))
    scans = b"".join(_scan(number, part) for number, part in enumerate(parts, start=1))
    return b"\xff\xd8" + tables + b"\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + scans + b"\xff\xd9"


def cut(content: bytes) -> bytes:
    """Return the first two thirds of a file."""
    return content[: len(content) * 2 // 3]


def damaged(content: bytes, seed: int) -> bytes:
    """Return a file with some bytes changed, and perhaps cut off."""
    chance = random.Random(seed)
    changed = bytearray(content)
    for _ in range(chance.randint(1, 40)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed[: chance.choice((len(changed), chance.randrange(len(changed))))])


GOOD: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: saved(photo(), "JPEG", quality=95),
    "progressive jpeg": lambda: saved(photo(), "JPEG", quality=95, progressive=True),
    "jpeg in separate scans": lambda: in_separate_scans(400, 300),
    "cmyk jpeg": lambda: saved(photo(mode="CMYK"), "JPEG", quality=95),
    "grey jpeg": lambda: saved(photo(mode="L"), "JPEG", quality=95),
    "phone's jpeg": phone_photo,
    "png": lambda: saved(photo(), "PNG"),
    "png with alpha": lambda: saved(photo(mode="RGBA"), "PNG"),
    "grey png with alpha": lambda: saved(photo(mode="LA"), "PNG"),
    "palette png": lambda: saved(photo().quantize(16), "PNG"),
    "palette png with transparency": seen_through_palette,
    "bilevel png": lambda: saved(photo(mode="1"), "PNG"),
    "16-bit png": deep_grey,
    "png with one transparent colour": lambda: saved(photo(), "PNG", transparency=QUARTERS[0]),
    "gif": lambda: saved(photo(), "GIF"),
    "webp": lambda: saved(photo(), "WEBP", quality=95),
    "webp with alpha": lambda: saved(photo(mode="RGBA"), "WEBP", lossless=True),
    "avif": lambda: saved(photo(), "AVIF", quality=90),
    "avif with alpha": lambda: saved(seen_through(), "AVIF", quality=90),
    "one pixel": lambda: saved(photo(1, 1), "PNG"),
    "a line": lambda: saved(Image.new("RGB", (5000, 1), "red"), "PNG"),
}

BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "empty"),
    "text called .jpg": (lambda: b"Dear sir or madam,\nplease find attached", "unknown-format"),
    "one byte": (lambda: b"\xff", "unknown-format"),
    "html": (lambda: b"<!doctype html><script>alert(1)</script>", "unknown-format"),
    "svg": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', "unknown-format"),
    "tiff": (lambda: saved(photo(), "TIFF"), "unknown-format"),
    "bmp": (lambda: saved(photo(), "BMP"), "unknown-format"),
    "ico": (lambda: saved(photo(64, 64), "ICO"), "unknown-format"),
    "bomb": (bomb, "too-many-pixels"),
    "gif of 500 frames": (lambda: frames(500), "animated"),
    "gif of 2 frames": (lambda: frames(2), "animated"),
    "animated png": (lambda: frames(3, "PNG"), "animated"),
    "animated webp": (lambda: frames(3, "WEBP"), "animated"),
    "animated avif": (lambda: frames(3, "AVIF", 64), "animated"),
    "truncated jpeg": (lambda: cut(saved(photo(), "JPEG")), "truncated"),
    "truncated png": (lambda: cut(saved(photo(1200, 900).effect_spread(9), "PNG")), "truncated"),
    "truncated gif": (lambda: cut(saved(photo().effect_spread(9), "GIF")), "truncated"),
    "truncated webp": (lambda: cut(saved(photo(), "WEBP")), "truncated"),
    "truncated avif": (lambda: cut(saved(photo().effect_spread(9), "AVIF")), "truncated"),
    "jpeg's first bytes": (lambda: saved(photo(), "JPEG")[:30], "truncated"),
    "png's first bytes": (lambda: saved(photo(), "PNG")[:20], "truncated"),
    "lossless jpeg": (lambda: saved(photo(), "JPEG").replace(b"\xff\xc0", b"\xff\xc3", 1), "unreadable"),
    "jpeg without pixels": (lambda: b"\xff\xd8\xff" + bytes(500), "unreadable"),
}


def put(item_id: str, content: bytes, **parts: Any) -> dict[str, Any]:
    """Put an upload into its bucket; return the event that S3 has for it."""
    event = recorded("s3_object_created")
    (record,) = event["Records"]
    key = parts.get("key", f"uploads/{item_id}/{parts.get('image_id', IMAGE_ID)}")
    record["s3"]["bucket"]["name"] = parts.get("bucket", UPLOADS_BUCKET)
    record["s3"]["object"] |= {"key": parts.get("event_key", key), "size": len(content)}
    metadata = {"correlation-id": parts.get("correlation_id", CORRELATION_ID)}
    stored = client("s3").put_object(Bucket=UPLOADS_BUCKET, Key=key, Body=content, Metadata=metadata)
    record["s3"]["object"]["versionId"] = stored["VersionId"]
    return event


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def _segments(jpeg: bytes, wanted: tuple[int, ...]) -> list[bytes]:
    found, at = [], 2
    while jpeg[at + 1] != 0xDA:
        length = int.from_bytes(jpeg[at + 2 : at + 4], "big") + 2
        if jpeg[at + 1] in wanted:
            found.append(jpeg[at : at + length])
        at += length
    return found


def _scan(number: int, jpeg: bytes) -> bytes:
    start = jpeg.index(b"\xff\xda")
    data = jpeg[start + 2 + int.from_bytes(jpeg[start + 2 : start + 4], "big") : -2]
    return b"\xff\xda\x00\x08\x01" + bytes((number, 0)) + b"\x00\x3f\x00" + data
