"""Files that look like images and are made to keep a decoder busy, or to fill its memory: of any size, in all formats.

Each is a function of the bytes that it may have, and comes with what has to become of it: a reason, or "made".
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

from PIL import Image

MADE = "made"
Maker = Callable[[int], bytes]


def saved(kind: str, size: tuple[int, int] = (64, 64), mode: str = "RGB", **options: Any) -> bytes:
    """Return a plain picture as a file."""
    file = BytesIO()
    Image.new(mode, size, "teal").save(file, kind, **options)
    return file.getvalue()


def repeated(part: bytes, size: int) -> bytes:
    """Return a part so often that it has about `size` bytes."""
    return part * (size // len(part))


def segment(marker: int, content: bytes) -> bytes:
    """Return a segment of a JPEG."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def box(kind: bytes, content: bytes) -> bytes:
    """Return a box of an AVIF."""
    return struct.pack(">I", len(content) + 8) + kind + content


def _jpeg(between: bytes) -> bytes:
    whole = saved("JPEG")
    return whole[:2] + between + whole[2:]


def _exif_segments(size: int) -> bytes:
    return _jpeg(repeated(segment(0xE1, b"Exif\0\0"), size))


def _large_exif_segments(size: int) -> bytes:
    return _jpeg(repeated(segment(0xE1, b"Exif\0\0MM\0*" + bytes(65_500)), size))


def _profile_segments(size: int) -> bytes:
    parts = (b"ICC_PROFILE\0" + bytes((number % 255 + 1, 255)) + bytes(65_000) for number in range(size // 65_018))
    return _jpeg(b"".join(segment(0xE2, part) for part in parts))


def scans(size: int, count: int | None = None, side: int = 6400, more: bytes = b"") -> bytes:
    """Return a grey progressive JPEG with so many scans, or bytes of them, that say nothing.

    Each has 66 bytes at 6,400 pixels a side: one code (EOB14 and 14 bits) ends the bands of 32,767 blocks (ITU-T T.81,
    G.1.2.2).
    """
    blocks = (side // 8) ** 2
    tables = [(0xDB, b"\0" + b"\1" * 64), (0xC4, b"\0\1" + bytes(16)), (0xC4, b"\x10\1" + bytes(15) + b"\xe0")]
    frame = (0xC2, struct.pack(">BHHB", 8, side, side, 1) + b"\1\x11\0")
    codes = ("0" + "1" * 14) * -(-blocks // 32_767)
    codes += "1" * (-len(codes) % 8)
    runs = int(codes, 2).to_bytes(len(codes) // 8, "big").replace(b"\xff", b"\xff\0")
    first = segment(0xDA, b"\1\1\0\0\0\0") + bytes(-(-blocks // 8))
    other = segment(0xDA, b"\1\1\0\1\x3f\0") + runs + more
    head = b"".join(segment(marker, content) for marker, content in (*tables, frame))
    return b"\xff\xd8" + head + first + (other * (count - 1) if count else repeated(other, size)) + b"\xff\xd9"


def _png(*chunks: bytes) -> bytes:
    whole = saved("PNG")
    return whole[:33] + b"".join(chunks) + whole[33:]


def _packed_zeros(size: int) -> bytes:
    """Return zeros, packed a thousand times smaller, in blocks that each begin anew."""
    packer = zlib.compressobj(9)
    head = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + repeated(block, size) + packer.flush()


def _texts(size: int) -> bytes:
    text = chunk(b"zTXt", b"note\0\0" + zlib.compress(bytes(1_000_000), 9))
    return _png(repeated(text, size))


def _data(size: int) -> bytes:
    """Eight by eight pixels, and data for billions."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", _packed_zeros(size)) + chunk(b"IEND", b"")


def flat_png(side: int, *, interlaced: bool = False, colour: int = 2, depth: int = 8) -> bytes:
    """Return a black PNG of so many pixels each way; `colour` is PNG's type (grey, RGB, palette, RGBA)."""
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour] * depth
    if interlaced:
        steps = ((8, 8), (8, 8), (4, 8), (4, 4), (2, 4), (2, 2), (1, 2))
        sizes = [(-(-side // across), -(-side // down)) for across, down in steps]
        # Passes begin at other places, but for a side that 8 divides that is all the same.
    else:
        sizes = [(side, side)]
    packer = zlib.compressobj(1)
    rows = [packer.compress(bytes(1 + -(-width * samples // 8))) for width, height in sizes for _ in range(height)]
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, depth, colour, 0, 0, int(interlaced)))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", b"".join((*rows, packer.flush()))) + chunk(b"IEND", b"")


def gif(before: bytes = b"", screen: int = 8, frame: int = 8, data: bytes = b"", after: bytes = b"") -> bytes:
    """Return a GIF89a of one frame, with more before and behind it."""
    head = b"GIF89a" + struct.pack("<HHBBB", screen, screen, 0x80, 0, 0) + bytes(6)
    place = b"," + struct.pack("<HHHHB", 0, 0, frame, frame, 0)
    return head + before + place + (data or _pixels(frame * frame)) + after + b";"


def _pixels(count: int) -> bytes:
    """Return pixels of the first colour: two bits each, three bits a code, and cleared after each."""
    codes = [4, *[0, 4] * count, 5]
    packed = sum(code << 3 * position for position, code in enumerate(codes)).to_bytes(
        -(-3 * len(codes) // 8), "little"
    )
    blocks = (packed[at : at + 255] for at in range(0, len(packed), 255))
    return b"\x02" + b"".join(bytes((len(block),)) + block for block in blocks) + b"\0"


def _clear_codes(size: int) -> bytes:
    """Return data of 8 bits that clears the table of codes again and again, and never has a pixel."""
    codes = sum(0x100 << 9 * position for position in range(8)).to_bytes(9, "little")
    return b"\x08" + repeated(b"\xfc" + codes * 28, size) + b"\0"


def webp(*chunks: bytes, flags: int = 0, side: int = 64) -> bytes:
    """Return an extended WebP of these chunks before a plain picture."""
    plain = saved("WEBP", (side, side))[12:]
    extended = _riff(b"VP8X", bytes((flags, 0, 0, 0)) + struct.pack("<I", side - 1)[:3] * 2)
    content = b"WEBP" + extended + b"".join(chunks) + plain
    return b"RIFF" + struct.pack("<I", len(content)) + content


def _riff(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def many_codes(side: int = 3000, groups: int = 65_536) -> bytes:
    """Return a lossless WebP whose blocks each have Huffman codes of their own: 400 MB of tables from 1.3 MB.

    RFC 9649, sections 3.7 and 3.8. The bits of a number come from its lowest on, those of a code from its highest.
    """

    def number(value: int, count: int) -> str:
        return f"{value:0{count}b}"[::-1]

    nothing = "1000"
    # 8 bits for each of 256 values: of the lengths of codes, 0 and 8 occur.
    lengths = "".join("100" if position in (2, 11) else "000" for position in range(12))
    each = "0" + number(8, 4) + lengths + "0" + "1" * 256
    values = [f"{value:08b}" for value in range(256)]
    blocks = (-(-side // 4)) ** 2
    index = "".join(values[at % groups & 255] + values[at % groups >> 8] for at in range(blocks))
    head = number(0x2F, 8) + number(side - 1, 14) * 2 + "0" + "000" + "0" + "0" + "1" + "000" + "0"
    bits = head + each + "0" * 24 + each + nothing * 3 + index + nothing * 5 * groups
    content = b"WEBP" + _riff(b"VP8L", int(bits[::-1], 2).to_bytes(-(-len(bits) // 8), "little"))
    return b"RIFF" + struct.pack("<I", len(content)) + content


def avif(changed: dict[bytes, bytes] | None = None, inside: bytes = b"", more: bytes = b"") -> bytes:
    """Return an AVIF with other content in boxes of its `meta`, with more boxes in there, and with more at its end."""
    whole = saved("AVIF")
    start = struct.unpack(">I", whole[:4])[0]
    (length,) = struct.unpack(">I", whole[start : start + 4])
    meta, at = whole[start + 12 : start + length], 0
    boxes = []
    while at < len(meta):
        (size,) = struct.unpack(">I", meta[at : at + 4])
        kind = meta[at + 4 : at + 8]
        boxes.append(box(kind, (changed or {}).get(kind, meta[at + 8 : at + size])))
        at += size
    # Places of what follows are no longer right; what is too much is found before.
    return whole[:start] + box(b"meta", bytes(4) + b"".join(boxes) + inside) + whole[start + length :] + more


def _properties(size: int) -> bytes:
    return avif({b"iprp": box(b"ipco", repeated(box(b"free", b""), size)) + box(b"ipma", bytes(8))})


def _items(size: int) -> bytes:
    entry = box(b"infe", b"\2\0\0\0\0\1\0\0av01\0")
    return avif({b"iinf": bytes(4) + struct.pack(">H", min(65_535, size // len(entry))) + repeated(entry, size)})


def _places(size: int) -> bytes:
    """One item, put together from the same bytes again and again."""
    count = min(65_535, size // 8)
    extents = struct.pack(">II", 0, size // 2) * count
    return avif({b"iloc": b"\0\0\0\0\x44\0" + struct.pack(">HHHH", 1, 1, 0, count) + extents}, more=bytes(size // 2))


def _tiles(size: int) -> bytes:
    count = min(65_535, size // 2)
    grid = box(b"dimg", struct.pack(">HH", 1, count) + b"\0\1" * count)
    return avif(inside=box(b"iref", bytes(4) + grid))


def large_frame(side: int) -> bytes:
    """Return an AVIF that says 64 pixels a side where its frame has many more."""
    whole = saved("AVIF", (side, side), speed=10, quality=10)
    return whole.replace(struct.pack(">II", side, side), struct.pack(">II", 64, 64))


# In the order of what they attack; all are made of as many bytes as they are given, but for those that need few.
FILES: dict[str, tuple[Maker, str]] = {
    "jpeg of small Exif segments": (_exif_segments, "too-complex"),
    "jpeg of large Exif segments": (_large_exif_segments, MADE),
    "jpeg of empty comments": (lambda size: _jpeg(repeated(segment(0xFE, b""), size)), "too-complex"),
    "jpeg of profile segments": (_profile_segments, MADE),
    "jpeg of filling": (lambda size: _jpeg(b"\xff" * size), MADE),
    "jpeg of bytes between segments": (lambda size: _jpeg(segment(0xFE, b"") + bytes(size)), MADE),
    "jpeg of tables": (lambda size: _jpeg(repeated(segment(0xDB, (b"\0" + b"\1" * 64) * 1000), size)), "too-complex"),
    "jpeg of scans": (scans, "too-complex"),
    "jpeg of 100 scans": (lambda size: scans(0, 100, 6400, bytes(size // 100)), MADE),
    "jpeg of restarts": (lambda size: saved("JPEG")[:-2] + b"\xff\xd0" * (size // 2) + b"\xff\xd9", MADE),
    "png of packed texts": (_texts, MADE),
    "png of empty texts": (lambda size: _png(repeated(chunk(b"tEXt", b"a\0"), size)), "too-complex"),
    "png with a profile that unpacks to much": (
        lambda size: _png(chunk(b"iCCP", b"a\0\0" + _packed_zeros(min(size, 4_000_000)))),
        MADE,
    ),
    "png with data that unpacks to much": (_data, MADE),
    "png of empty data": (lambda size: _png(repeated(chunk(b"IDAT", b""), size)), "too-complex"),
    "png of frames": (
        lambda size: _png(chunk(b"acTL", bytes(3) + b"\xff" + bytes(4)), repeated(chunk(b"fcTL", bytes(26)), size)),
        "animated",
    ),
    "gif with a comment of two bytes a time": (
        lambda size: gif(b"!\xfe" + repeated(b"\2aa", size) + b"\0"),
        "too-complex",
    ),
    "gif with a long comment": (
        lambda size: gif(b"!\xfe" + repeated(b"\xff" + b"a" * 255, size) + b"\0"),
        MADE,
    ),
    "gif of empty comments": (lambda size: gif(repeated(b"!\xfe\0", size)), "too-complex"),
    "gif of bytes before the frame": (lambda size: gif(b"\1" * size), "too-complex"),
    "gif of frames": (lambda size: gif(after=repeated(gif()[19:-1], size)), "animated"),
    "gif of a frame larger than its screen": (lambda size: gif(frame=65_535, data=b"\2\0"), "too-many-pixels"),
    "gif of cleared codes": (lambda size: gif(data=_clear_codes(size)), "truncated"),
    "webp of empty chunks": (lambda size: webp(repeated(_riff(b"NONE", b""), size)), "too-complex"),
    "webp of frames": (lambda size: webp(repeated(_riff(b"ANMF", bytes(16)), size), flags=2), "animated"),
    "webp with long notes": (
        lambda size: webp(_riff(b"EXIF", bytes(size // 2)) + _riff(b"XMP ", bytes(size // 2))),
        MADE,
    ),
    "webp of many codes": (lambda size: many_codes(), "unreadable"),
    "avif of properties": (_properties, "too-complex"),
    "avif of items": (_items, "too-complex"),
    "avif of the same bytes": (_places, "too-complex"),
    "avif of tiles": (_tiles, "too-complex"),
    "avif of empty boxes": (lambda size: avif(more=repeated(box(b"free", b""), size)), "too-complex"),
    "avif with long notes": (lambda size: saved("AVIF", exif=b"Exif\0\0MM\0*" + bytes(size)), MADE),
}
