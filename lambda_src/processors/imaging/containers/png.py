"""A walk through the chunks of a PNG (W3C, "Portable Network Graphics (PNG) Specification", third edition)."""

from __future__ import annotations

import zlib
from typing import BinaryIO

from processors.imaging import refusals
from processors.imaging.containers import exif
from processors.imaging.containers.parts import LARGEST_EXIF, LARGEST_PROFILE, ColourKey, Reader, Sifted, unpacked
from processors.imaging.refusals import ImageRefused

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _COLOUR, _PALETTE = 0, 2, 3
# 11.2.1: the bits that a sample may have, by the type of colour.
_DEPTHS = {_GREY: (1, 2, 4, 8, 16), _COLOUR: (8, 16), _PALETTE: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_LONGEST = 2**31 - 1
# Read whole where it is used at all; nothing else beside the pixels is.
_LARGEST_USED = {b"PLTE": 768, b"tRNS": 256, b"acTL": 8, b"iCCP": LARGEST_PROFILE, b"eXIf": LARGEST_EXIF}
_PALETTE_COLOUR = 3


def sift(file: BinaryIO, target: BinaryIO) -> Sifted:
    """Write the pixels of a PNG, with its palette, and nothing else.

    An ancillary chunk that is damaged, too long or unpacks to too much is as if it were not there (13.1).

    Parameters
    ----------
    file
        The PNG.
    target
        Where to.

    Raises
    ------
    ImageRefused
        It has several frames, is damaged where it counts, ends too early, or is made of more chunks than any program
        writes.
    """
    reader = Reader(file)
    reader.take(len(SIGNATURE))
    walk = _Walk(reader, target)
    try:
        while not walk.ended:
            reader.part()
            length, kind = reader.number(4), reader.take(4)
            if length > _LONGEST:
                raise ImageRefused(refusals.UNREADABLE)
            walk.chunk(kind, length)
    except ImageRefused as refused:
        # What is lost after the pixels is no loss.
        if refused.reason != refusals.TRUNCATED or not walk.has_pixels:
            raise
    return walk.result()


class _Walk:
    """What has been met, chunk by chunk."""

    def __init__(self, reader: Reader, target: BinaryIO) -> None:
        self.reader = reader
        self.target = target
        self.header = b""
        self.palette = b""
        self.transparency = b""
        self.profile: bytes | None = None
        self.orientation = exif.UPRIGHT
        self.ended = False
        self._data_at = 0
        self._data_checksum = 0

    @property
    def has_pixels(self) -> bool:
        """Whether any have been met."""
        return bool(self._data_at)

    def chunk(self, kind: bytes, length: int) -> None:
        """Handle the chunk whose content comes next."""
        if not self.header and kind != b"IHDR":
            raise ImageRefused(refusals.UNREADABLE)
        if kind == b"IDAT":
            self._data(length)
            return
        if self._data_at and kind not in (b"IEND", b"eXIf"):
            # 5.6: pixels are in consecutive chunks, and what tells how to read them is before them.
            self.reader.skip(length + 4)
            return
        match kind:
            case b"IHDR" if not self.header:
                self._header(length)
            case b"IEND":
                self.ended = True
            case b"PLTE":
                content = self._content(kind, length)
                if content is None or not content or len(content) % _PALETTE_COLOUR:
                    raise ImageRefused(refusals.UNREADABLE)
                self.palette = self.palette or content
            case b"tRNS" | b"iCCP" | b"eXIf" | b"acTL":
                self._ancillary(kind, self._content(kind, length) or b"")
            case _:
                self.reader.skip(length + 4)

    def result(self) -> Sifted:
        """End the file, and return what has been found."""
        if not self.has_pixels:
            raise ImageRefused(refusals.UNREADABLE)
        end = self.target.tell()
        self.target.write(self._data_checksum.to_bytes(4, "big"))
        self.target.seek(self._data_at - 8)
        self.target.write((end - self._data_at).to_bytes(4, "big"))
        self.target.seek(0, 2)
        self.target.write(_chunk(b"IEND", b""))
        return Sifted(
            width=int.from_bytes(self.header[:4], "big"),
            height=int.from_bytes(self.header[4:8], "big"),
            profile=self.profile,
            orientation=self.orientation,
            colour_key=self._colour_key(),
        )

    def _header(self, length: int) -> None:
        content = self._checked(length) if length == 13 else None
        if content is None or content[8] not in _DEPTHS.get(content[9], ()):
            raise ImageRefused(refusals.UNREADABLE)
        self.header = content

    def _content(self, kind: bytes, length: int) -> bytes | None:
        """Return the content of a chunk; nothing when it is longer than any that is used, or damaged."""
        if length > _LARGEST_USED[kind]:
            self.reader.skip(length + 4)
            return None
        return self._checked(length, kind)

    def _checked(self, length: int, kind: bytes = b"IHDR") -> bytes | None:
        content, checksum = self.reader.take(length), self.reader.number(4)
        return content if zlib.crc32(kind + content) == checksum else None

    def _ancillary(self, kind: bytes, content: bytes) -> None:
        if kind == b"tRNS":
            self.transparency = self.transparency or content
        elif kind == b"acTL" and int.from_bytes(content[:4], "big") > 1:
            raise ImageRefused(refusals.ANIMATED)
        elif kind == b"eXIf":
            self.orientation = exif.orientation(content)
        elif kind == b"iCCP" and self.profile is None:
            # 11.3.2.3: a name, the method, the profile.
            packed = content.partition(b"\0")[2]
            self.profile = unpacked(packed[1:], LARGEST_PROFILE) if packed[:1] == b"\0" else None

    def _data(self, length: int) -> None:
        """Copy pixels into one chunk, however many they came in."""
        if not self._data_at:
            self._begin()
        kept = min(length, self.reader.size - self.reader.at)
        checksum = zlib.crc32(b"IDAT")
        for piece in self.reader.pieces(kept):
            checksum = zlib.crc32(piece, checksum)
            self._data_checksum = zlib.crc32(piece, self._data_checksum)
            self.target.write(piece)
        # Of a file that ends within its pixels the decoder knows whether they are enough.
        if kept == length and self.reader.number(4) != checksum:
            raise ImageRefused(refusals.UNREADABLE)

    def _begin(self) -> None:
        self.target.write(SIGNATURE + _chunk(b"IHDR", self.header))
        if self.header[9] == _PALETTE:
            if not self.palette:
                raise ImageRefused(refusals.UNREADABLE)
            self.target.write(_chunk(b"PLTE", self.palette))
            shades = self.transparency[: len(self.palette) // _PALETTE_COLOUR]
            if shades:
                self.target.write(_chunk(b"tRNS", shades))
        self.target.write(b"\0\0\0\0IDAT")
        self._data_at = self.target.tell()
        self._data_checksum = zlib.crc32(b"IDAT")

    def _colour_key(self) -> ColourKey | None:
        depth, kind = self.header[8], self.header[9]
        count = {_GREY: 1, _COLOUR: 3}.get(kind, 0)
        if not count or len(self.transparency) < 2 * count:
            return None
        # Bits beyond the depth are ignored.
        most = (1 << depth) - 1
        found = (int.from_bytes(self.transparency[at : at + 2], "big") & most for at in range(0, 2 * count, 2))
        return ColourKey(tuple(found), depth)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")
