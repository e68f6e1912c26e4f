"""A picture to upload, and the form that uploads it."""

from __future__ import annotations

import struct
import uuid
import zlib
from collections.abc import Mapping

CONTENT_TYPE = "image/png"


def png(width: int = 640, height: int = 480) -> bytes:
    """Return a picture of a colour gradient (PNG specification, sections 5.2 and 11.2)."""
    # One filter byte (none) before each row of RGB pixels.
    rows = b"".join(
        b"\0" + bytes(value for x in range(width) for value in (x * 255 // width, y * 255 // height, 128))
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def form(fields: Mapping[str, str], content: bytes) -> tuple[bytes, str]:
    """Return a presigned POST's body with its content type (RFC 7578); S3 wants the file last."""
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="picture.png"\r\n'
        f"Content-Type: {CONTENT_TYPE}\r\n\r\n"
    )
    body = b"".join([*parts, head.encode(), content, f"\r\n--{boundary}--\r\n".encode()])
    return body, f"multipart/form-data; boundary={boundary}"
