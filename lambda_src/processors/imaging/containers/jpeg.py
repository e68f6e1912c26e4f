"""A walk through the segments of a JPEG (ITU-T T.81, annex B), and what they tell of libjpeg's memory and time."""

from __future__ import annotations

import re
from typing import BinaryIO

from processors.imaging import refusals
from processors.imaging.containers import exif
from processors.imaging.containers.parts import LARGEST_PROFILE, PIECE_BYTES, Reader, Sifted
from processors.imaging.refusals import ImageRefused

_SOI, _EOI, _SOS, _DHT, _DQT, _DRI = 0xD8, 0xD9, 0xDA, 0xC4, 0xDB, 0xDD
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
# Markers that stand alone, without a length: TEM, RST0 to RST7, SOI.
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
# Baseline and extended sequential, progressive. Others (lossless, hierarchical, arithmetic) no camera makes.
_SEQUENTIAL = (0xC0, 0xC1)
_PROGRESSIVE = 0xC2
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {_DHT, 0xC8, 0xCC})
_COEFFICIENT_BYTES = 2
_LENGTH_BYTES = 2
# 0xFF 0x00 is no marker anywhere, and a run of 0xFF before one is filling. In a scan's data restarts belong to it.
_MARKER = re.compile(rb"\xff[^\x00\xff]")
_AFTER_DATA = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
# Encoders make about ten of a progressive picture. Each takes a pass over all blocks, though it may have but 66 bytes:
# an upload of ordinary size could keep libjpeg busy for an hour.
_MOST_SCANS = 100
# A profile or a depth map of 25 MiB has 400 segments.
_MOST_SEGMENTS = 10_000
# Of quantisation and Huffman codes: a kilobyte each scan at most.
_MOST_TABLE_BYTES = 256 * 1024
_PROFILE_HEADER = b"ICC_PROFILE\0"
_EXIF_HEADER = b"Exif\0\0"
# What libjpeg reads a segment's meaning from (ITU-T T.871 for JFIF; Adobe Technical Note 5116): with fewer bytes it is
# as none.
_JFIF = b"JFIF\0\1\1\0\0\1\0\1\0\0"
_ADOBE_BYTES = 12


def sift(file: BinaryIO, target: BinaryIO) -> Sifted:
    """Write the first picture of a JPEG, with its tables and what says how its colours are coded, and nothing else.

    Parameters
    ----------
    file
        The JPEG.
    target
        Where to.

    Raises
    ------
    ImageRefused
        It is coded in another way, ends before its first scan, or has more scans, segments or tables than any encoder
        makes.
    """
    reader = Reader(file, _MOST_SEGMENTS)
    reader.take(2)
    walk = _Walk(reader, target)
    target.write(b"\xff\xd8")
    while (marker := walk.marker(_MARKER)) != _SOS:
        if marker in (None, _EOI):
            raise ImageRefused(refusals.UNREADABLE)
        walk.segment(marker)
    return walk.scans()


class _Walk:
    """What has been met, segment by segment."""

    def __init__(self, reader: Reader, target: BinaryIO) -> None:
        self.reader = reader
        self.target = target
        self.kind = 0
        self.frame = b""
        self.exif = b""
        self.profile: dict[int, bytes] = {}
        self.profile_bytes = 0
        self.table_bytes = 0
        self.has_jfif = False

    def marker(self, pattern: re.Pattern[bytes], kept: BinaryIO | None = None) -> int | None:
        """Go behind the next marker and return it; copy what is before it. At the end of the file return nothing."""
        reader = self.reader
        reader.part()
        while piece := reader.file.read(PIECE_BYTES):
            found = pattern.search(piece)
            if found:
                reader.file.seek(found.end() - len(piece), 1)
                self._keep(piece[: found.start()], kept)
                return piece[found.end() - 1]
            if len(piece) > 1 and piece.endswith(b"\xff"):
                # The byte that decides is the first of the next piece.
                reader.file.seek(-1, 1)
                piece = piece[:-1]
            self._keep(piece, kept)
        return None

    def segment(self, marker: int | None) -> None:
        """Handle the segment after a marker."""
        if marker in _ALONE or marker is None:
            return
        length = self.reader.number(2) - _LENGTH_BYTES
        if length < 0:
            raise ImageRefused(refusals.UNREADABLE)
        if marker in (_DQT, _DHT, _DRI) or marker in _FRAMES:
            self._needed(marker, self.reader.take(length))
        elif marker in (_APP0, _APP1, _APP2, _APP14):
            self._application(marker, self.reader.take(length))
        else:
            self.reader.skip(length)

    def scans(self) -> Sifted:
        """Copy the scans, from behind the marker of the first on; return what has been found."""
        frame = self.frame
        if len(frame) < 6 or len(frame) < 6 + 3 * frame[5]:
            raise ImageRefused(refusals.UNREADABLE)
        header = self.reader.take(max(0, self.reader.number(2) - _LENGTH_BYTES))
        single = self.kind != _PROGRESSIVE and header[:1] >= frame[5:6]
        self._write(_SOS, header)
        marker = self.marker(_AFTER_DATA, self.target)
        scans = 1
        while not single and marker not in (None, _EOI):
            if marker == _SOS:
                scans += 1
                if scans > _MOST_SCANS:
                    raise ImageRefused(refusals.TOO_COMPLEX)
                self._write(_SOS, self.reader.take(max(0, self.reader.number(2) - _LENGTH_BYTES)))
                marker = self.marker(_AFTER_DATA, self.target)
            else:
                self.segment(marker)
                marker = self.marker(_MARKER)
        if marker is not None:
            # Without an end the decoder has to say whether all is there.
            self.target.write(b"\xff\xd9")
        return Sifted(
            width=int.from_bytes(frame[3:5], "big"),
            height=int.from_bytes(frame[1:3], "big"),
            profile=self._profile(),
            orientation=exif.orientation(self.exif),
            coefficient_bytes=0 if single else _samples(frame) * _COEFFICIENT_BYTES,
        )

    def _needed(self, marker: int, content: bytes) -> None:
        """Copy a segment that the decoder needs."""
        if marker in _FRAMES:
            if self.frame or marker not in (*_SEQUENTIAL, _PROGRESSIVE):
                raise ImageRefused(refusals.UNREADABLE)
            self.kind, self.frame = marker, content
        self.table_bytes += len(content)
        if self.table_bytes > _MOST_TABLE_BYTES:
            raise ImageRefused(refusals.TOO_COMPLEX)
        self._write(marker, content)

    def _application(self, marker: int, content: bytes) -> None:
        """Keep what an application has noted, where the colours or the orientation depend on it."""
        if marker == _APP0 and content.startswith(_JFIF[:5]) and len(content) >= len(_JFIF) and not self.has_jfif:
            self.has_jfif = True
            self._write(marker, _JFIF)
        elif marker == _APP14 and content.startswith(b"Adobe") and len(content) >= _ADOBE_BYTES:
            self._write(marker, content[:_ADOBE_BYTES])
        elif marker == _APP1 and content.startswith(_EXIF_HEADER):
            self.exif = self.exif or content
        elif marker == _APP2 and content.startswith(_PROFILE_HEADER) and self.profile_bytes <= LARGEST_PROFILE:
            # ICC.1:2022, annex B.4: the number of this part, how many there are, and the part.
            start = len(_PROFILE_HEADER)
            self.profile_bytes += len(content)
            self.profile.setdefault(int.from_bytes(content[start : start + 1], "big"), content[start + 2 :])

    def _profile(self) -> bytes | None:
        if not self.profile or self.profile_bytes > LARGEST_PROFILE:
            return None
        return b"".join(part for _, part in sorted(self.profile.items()))

    def _write(self, marker: int, content: bytes) -> None:
        self.target.write(bytes((0xFF, marker)) + (len(content) + _LENGTH_BYTES).to_bytes(2, "big") + content)

    @staticmethod
    def _keep(content: bytes, kept: BinaryIO | None) -> None:
        if kept is not None:
            kept.write(content)


def _samples(frame: bytes) -> int:
    """Return the number of samples of a frame header (B.2.2), each component at its own resolution."""
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    factors = [(frame[at + 1] >> 4, frame[at + 1] & 15) for at in range(6, 6 + 3 * frame[5], 3)]
    across = max((factor[0] for factor in factors), default=0)
    down = max((factor[1] for factor in factors), default=0)
    if not across or not down:
        raise ImageRefused(refusals.UNREADABLE)
    return sum(-(-width * wide // across) * -(-height * high // down) for wide, high in factors)
