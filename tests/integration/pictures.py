"""Pictures to upload: a photograph's worth of pixels, and what nobody should decode."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import urllib3
from PIL import Image

from tests.integration.api import Caller


def jpeg(width: int = 4000, height: int = 3000) -> bytes:
    """Return a JPEG of smooth gradients (12 MP unless told otherwise)."""
    small = Image.radial_gradient("L").resize((width, height))
    picture = Image.merge("RGB", (small, small.transpose(Image.Transpose.FLIP_LEFT_RIGHT), Image.new("L", small.size)))
    return _encoded(picture, "JPEG", quality=85)


def truncated_jpeg() -> bytes:
    """Return the first third of a JPEG."""
    whole = jpeg(1200, 900)
    return whole[: len(whole) // 3]


def animated_gif(frames: int = 500) -> bytes:
    """Return a GIF of many frames."""
    pictures = [Image.new("L", (64, 64), colour % 256) for colour in range(frames)]
    return _encoded(pictures[0], "GIF", save_all=True, append_images=pictures[1:], duration=20)


def png_bomb(side: int = 14_000) -> bytes:
    """Return a PNG of `side` x `side` black pixels: a few hundred kilobytes that want gigabytes when decoded."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = bytes(1 + 3 * side)
    packed = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def upload(
    caller: Caller, item_id: str, content: bytes, content_type: str = "image/jpeg", correlation_id: str = "upload"
) -> str:
    """Upload a picture the documented way, and return the image's id."""
    signed = form(caller, item_id, content_type, correlation_id)
    send(signed, content)
    return str(signed["imageId"])


def form(
    caller: Caller, item_id: str, content_type: str = "image/jpeg", correlation_id: str = "upload"
) -> dict[str, Any]:
    """Return a form that one picture is to be uploaded by."""
    headers = {"X-Correlation-Id": correlation_id}
    answer = caller.post(f"/items/{item_id}/images", {"contentType": content_type}, headers)
    assert answer.status == 201, answer
    return dict(answer.json())


def send(signed: dict[str, Any], content: bytes) -> None:
    """Upload a picture by a form."""
    fields = {**signed["fields"], "file": ("picture", content, signed["fields"]["Content-Type"])}
    done = urllib3.request("POST", signed["url"], fields=fields, timeout=30)
    assert done.status in {200, 201, 204}, done.data


def _encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()
