"""What a JPEG's markers tell of the memory and the time that libjpeg will need (ITU-T T.81, annex B)."""

from __future__ import annotations

import re
from typing import BinaryIO

_START_OF_SCAN = 0xDA
# Markers that stand alone, without a length: TEM, RST0 to RST7, SOI.
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
# Baseline and extended sequential, progressive. Others (lossless, hierarchical, arithmetic) no camera makes.
_SEQUENTIAL = (0xC0, 0xC1)
_PROGRESSIVE = 0xC2
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_COEFFICIENT_BYTES = 2
_LENGTH_BYTES = 2
_LONGEST_GAP = 64 * 1024
_END_OF_IMAGE = 0xD9
# In a scan's data 0xFF 0x00 is a byte, and restart markers belong to it.
_AFTER_DATA = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_CHUNK_BYTES = 64 * 1024
# Encoders make about ten of a progressive picture. Each takes a pass over all blocks, though it may have but 66 bytes:
# an upload of ordinary size could keep libjpeg busy for an hour.
_MOST_SCANS = 100


class UnknownCoding(Exception):
    """The file is not a JPEG of a coding that is decoded here."""


class _Ended(UnknownCoding):
    """The file ends too early."""


def coefficient_bytes(file: BinaryIO) -> int:
    """Return how many bytes of coefficients libjpeg keeps while it decodes.

    Usually none: it decodes row by row. Of a picture in several scans, though, it keeps all coefficients until the last
    scan is read, however much the picture is then scaled down. Progressive ones are such; a sequential one is when its
    first scan leaves components out.

    Parameters
    ----------
    file
        The JPEG, read from its start up to the first scan; to its end where it may have many.

    Raises
    ------
    UnknownCoding
        It is coded in another way, ends before its first scan, or has more scans than any encoder makes.
    """
    file.seek(2)
    frame: bytes = b""
    kind = 0
    while True:
        marker = _marker(file)
        if marker in _ALONE:
            continue
        length = int.from_bytes(_exactly(file, 2), "big")
        if length < _LENGTH_BYTES:
            raise UnknownCoding
        if marker == _START_OF_SCAN:
            break
        if marker in _FRAMES:
            if frame or marker not in (*_SEQUENTIAL, _PROGRESSIVE):
                raise UnknownCoding
            kind, frame = marker, _exactly(file, length - _LENGTH_BYTES)
        else:
            file.seek(length - _LENGTH_BYTES, 1)
    if len(frame) < 6 or len(frame) < 6 + 3 * frame[5]:
        raise UnknownCoding
    (in_scan,) = _exactly(file, 1)
    if kind != _PROGRESSIVE and in_scan >= frame[5]:
        return 0
    _refuse_many_scans(file)
    return _samples(frame) * _COEFFICIENT_BYTES


def _refuse_many_scans(file: BinaryIO) -> None:
    """Go through all scans, from within the header of the first on. What ends too early is for the decoder to say."""
    try:
        for _ in range(_MOST_SCANS):
            marker = _after_data(file)
            while marker != _START_OF_SCAN:
                if marker == _END_OF_IMAGE:
                    return
                if marker not in _ALONE:
                    length = int.from_bytes(_exactly(file, 2), "big")
                    file.seek(max(0, length - _LENGTH_BYTES), 1)
                marker = _marker(file)
    except _Ended:
        return
    raise UnknownCoding


def _after_data(file: BinaryIO) -> int:
    """Return the marker that ends a scan's data."""
    while chunk := file.read(_CHUNK_BYTES):
        found = _AFTER_DATA.search(chunk)
        if found:
            file.seek(found.end() - len(chunk), 1)
            return chunk[found.end() - 1]
        if len(chunk) > 1 and chunk.endswith(b"\xff"):
            file.seek(-1, 1)
    raise _Ended


def _samples(frame: bytes) -> int:
    """Return the number of samples of a frame header (B.2.2), each component at its own resolution."""
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    factors = [(frame[at + 1] >> 4, frame[at + 1] & 15) for at in range(6, 6 + 3 * frame[5], 3)]
    across = max((factor[0] for factor in factors), default=0)
    down = max((factor[1] for factor in factors), default=0)
    if not across or not down:
        raise UnknownCoding
    return sum(-(-width * wide // across) * -(-height * high // down) for wide, high in factors)


def _marker(file: BinaryIO) -> int:
    # Between segments libjpeg skips whatever is no marker, so this does too, though not without end.
    for _ in range(_LONGEST_GAP):
        if _exactly(file, 1) != b"\xff":
            continue
        while (byte := _exactly(file, 1)) == b"\xff":
            pass
        if byte[0]:
            return byte[0]
    raise UnknownCoding


def _exactly(file: BinaryIO, count: int) -> bytes:
    found = file.read(count) if count >= 0 else b""
    if len(found) != count:
        raise _Ended
    return found
