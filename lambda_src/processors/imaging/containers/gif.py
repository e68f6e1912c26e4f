"""A walk through the blocks of a GIF ("Graphics Interchange Format, Version 89a", CompuServe 1990)."""

from __future__ import annotations

from typing import BinaryIO

from processors.imaging import refusals
from processors.imaging.containers.parts import Reader, Sifted
from processors.imaging.refusals import ImageRefused

_EXTENSION = 0x21
_IMAGE = 0x2C
_TRAILER = 0x3B
_CONTROL = 0xF9
_TABLE = 0x80
_TRANSPARENT = 1
# Sub-blocks of pixels have 255 bytes each, 100,000 in 25 MiB; other programs write shorter ones.
_MOST_SUB_BLOCKS = 250_000


def sift(file: BinaryIO, target: BinaryIO) -> Sifted:
    """Write the one frame of a GIF, with its colours and its transparent one, and nothing else.

    Parameters
    ----------
    file
        The GIF.
    target
        Where to.

    Raises
    ------
    ImageRefused
        It has several frames or none, ends too early, or is made of more blocks than any program writes.
    """
    reader = Reader(file, _MOST_SUB_BLOCKS)
    head = reader.take(13)
    target.write(head + _table(reader, head[10]))
    width, height = _size(head[6:10])
    transparent = b""
    while (kind := reader.take(1)[0]) != _IMAGE:
        reader.part()
        if kind == _TRAILER:
            raise ImageRefused(refusals.UNREADABLE)
        if kind == _EXTENSION:
            transparent = _extension(reader, transparent)
    place = reader.take(9)
    left, top = _size(place[:4])
    across, down = _size(place[4:8])
    target.write(transparent + b"," + place + _table(reader, place[8]) + reader.take(1))
    if _sub_blocks(reader, target):
        _refuse_another(reader)
        target.write(b";")
    return Sifted(width=max(width, left + across), height=max(height, top + down))


def _size(content: bytes) -> tuple[int, int]:
    return int.from_bytes(content[:2], "little"), int.from_bytes(content[2:], "little")


def _table(reader: Reader, flags: int) -> bytes:
    """Return the table of colours that a descriptor with these flags is followed by."""
    return reader.take(3 << (flags & 7) + 1) if flags & _TABLE else b""


def _extension(reader: Reader, transparent: bytes) -> bytes:
    """Pass an extension; return the one that makes a colour of the next frame transparent, if it has been met."""
    label = reader.take(1)[0]
    if label == _CONTROL:
        at = reader.at
        block = reader.take(reader.take(1)[0])
        # How long a frame is shown, and what replaces it, is of no use for one; the transparent colour is.
        if len(block) >= 4:
            transparent = bytes((_EXTENSION, _CONTROL, 4, block[0] & _TRANSPARENT, 0, 0, block[3], 0))
        reader.seek(at)
    _sub_blocks(reader, None)
    return transparent


def _refuse_another(reader: Reader) -> None:
    """Go on to the end: what comes there too early, or is no block, is of no use and does no harm."""
    try:
        while (kind := reader.take(1)[0]) == _EXTENSION:
            reader.take(1)
            _sub_blocks(reader, None)
    except ImageRefused as refused:
        if refused.reason != refusals.TRUNCATED:
            raise
        return
    if kind == _IMAGE:
        raise ImageRefused(refusals.ANIMATED)


def _sub_blocks(reader: Reader, target: BinaryIO | None) -> bool:
    """Pass, or copy, sub-blocks to the one that ends them; return whether there is one."""
    read = reader.file.read
    while size := read(1):
        reader.part()
        block = read(size[0])
        if target is not None:
            target.write(size + block)
        if not size[0]:
            return True
        if len(block) != size[0]:
            break
    if target is None:
        raise ImageRefused(refusals.TRUNCATED)
    # Whether all pixels are there, the decoder knows.
    return False
