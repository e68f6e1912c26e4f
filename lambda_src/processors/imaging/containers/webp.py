"""A walk through the chunks of a WebP (RFC 9649)."""

from __future__ import annotations

from typing import BinaryIO

from processors.imaging import refusals
from processors.imaging.containers import exif
from processors.imaging.containers.parts import LARGEST_EXIF, LARGEST_PROFILE, Reader, Sifted
from processors.imaging.refusals import ImageRefused

# Section 2.7.1: flags of VP8X. What is left out is not announced either.
_KEPT_FLAGS = 0x10 | 0x02
_LOSSLESS_MARK = 0x2F
_KEY_FRAME_MARK = b"\x9d\x01\x2a"


def sift(file: BinaryIO, target: BinaryIO) -> Sifted:
    """Write the pixels of a WebP, with their transparency, and nothing else.

    Parameters
    ----------
    file
        The WebP.
    target
        Where to.

    Raises
    ------
    ImageRefused
        It has several frames, no picture, ends too early, or is made of more chunks than any program writes.
    """
    reader = Reader(file)
    reader.take(4)
    end = int.from_bytes(reader.take(4), "little") + 8
    if end > reader.size:
        raise ImageRefused(refusals.TRUNCATED)
    reader.take(4)
    walk = _Walk(reader, target)
    target.write(b"RIFF\0\0\0\0WEBP")
    while reader.at + 8 <= end and not walk.complete:
        reader.part()
        name, length = reader.take(4), int.from_bytes(reader.take(4), "little")
        after = reader.at + length + length % 2
        walk.chunk(name, length)
        reader.seek(min(after, max(reader.size, reader.at)))
    if not walk.pictures:
        raise ImageRefused(refusals.UNREADABLE)
    size = target.tell() - 8
    target.seek(4)
    target.write(size.to_bytes(4, "little"))
    return Sifted(width=walk.size[0], height=walk.size[1], profile=walk.profile, orientation=walk.orientation)


class _Walk:
    """What has been met, chunk by chunk."""

    def __init__(self, reader: Reader, target: BinaryIO) -> None:
        self.reader = reader
        self.target = target
        self.extended = False
        self.pictures = 0
        self.size = (0, 0)
        self.profile: bytes | None = None
        self.orientation = exif.UPRIGHT

    @property
    def complete(self) -> bool:
        """Whether nothing that counts can follow: without VP8X there is one chunk (section 2.5)."""
        return bool(self.pictures) and not self.extended

    def chunk(self, name: bytes, length: int) -> None:
        """Handle the chunk whose content comes next."""
        match name:
            case b"VP8X" if not self.extended and not self.pictures:
                content = self.reader.take(10)
                self.extended = True
                self.size = (_number(content[4:7]) + 1, _number(content[7:10]) + 1)
                self._write(name, bytes((content[0] & _KEPT_FLAGS,)) + content[1:])
            case b"VP8 " | b"VP8L" if not self.pictures:
                self.pictures = 1
                self._measure(name)
                self._copy(name, length)
            case b"ANMF":
                self.pictures += 1
                if self.pictures > 1:
                    raise ImageRefused(refusals.ANIMATED)
                self._copy(name, length)
            case b"ALPH" | b"ANIM" if not self.pictures:
                self._copy(name, length)
            case b"ICCP" if self.profile is None and length <= LARGEST_PROFILE:
                self.profile = self.reader.take(length)
            case b"EXIF":
                self.orientation = exif.orientation(self.reader.take(min(length, LARGEST_EXIF)))

    def _measure(self, name: bytes) -> None:
        """Note the size in the header of a frame (section 2.5; RFC 6386, section 9.1) where no VP8X says it."""
        at = self.reader.at
        head = self.reader.take(10 if name == b"VP8 " else 5)
        if name == b"VP8 " and head[3:6] == _KEY_FRAME_MARK:
            size = (_number(head[6:8]) & 0x3FFF, _number(head[8:10]) & 0x3FFF)
        elif name == b"VP8L" and head[0] == _LOSSLESS_MARK:
            bits = _number(head[1:5])
            size = ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        else:
            raise ImageRefused(refusals.UNREADABLE)
        self.size = (max(size[0], self.size[0]), max(size[1], self.size[1]))
        self.reader.seek(at)

    def _write(self, name: bytes, content: bytes) -> None:
        self.target.write(name + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2))

    def _copy(self, name: bytes, length: int) -> None:
        self.target.write(name + length.to_bytes(4, "little"))
        self.reader.copy(length, self.target)
        self.target.write(bytes(length % 2))


def _number(content: bytes) -> int:
    return int.from_bytes(content, "little")
