"""What the walks through all file formats share: a reader that stays in the file, a bound on parts, and the result."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from processors.imaging import refusals
from processors.imaging.refusals import ImageRefused

# Segments, chunks or boxes, whatever the format calls them. Files of 25 MiB in chunks of 256 bytes have as many; each
# costs the walk about a microsecond.
MOST_PARTS = 100_000
# Profiles of printers have one or two megabytes.
LARGEST_PROFILE = 4 * 1024 * 1024
# Orientation is in the first of a camera's notes, whatever else follows.
LARGEST_EXIF = 256 * 1024
PIECE_BYTES = 64 * 1024


@dataclass(frozen=True)
class ColourKey:
    """The one colour of a PNG that is transparent (W3C PNG, 11.3.1.1).

    Parameters
    ----------
    samples
        One for grey, three for red, green and blue; each below two to the power of `depth`.
    depth
        Bits of a sample: 1, 2, 4, 8 or 16.
    """

    samples: tuple[int, ...]
    depth: int


@dataclass(frozen=True, kw_only=True)
class Sifted:
    """What a walk has found. The pixels, and what decoding them needs, are in a file of their own by then.

    Parameters
    ----------
    width, height
        Of the picture as it is stored, in pixels; 0 where only the decoder can say.
    profile
        An ICC profile, unpacked.
    orientation
        Exif's, 1 to 8.
    colour_key
        The transparent colour, if there is one.
    coefficient_bytes
        What libjpeg keeps of all pixels until it has seen the whole file.
    grey
        The decoder makes three equal channels of what is one.
    """

    width: int = 0
    height: int = 0
    profile: bytes | None = None
    orientation: int = 1
    colour_key: ColourKey | None = None
    coefficient_bytes: int = 0
    grey: bool = False


class Reader:
    """Reads a file from its start, counts its parts, and refuses to leave it.

    Parameters
    ----------
    file
        The upload.
    most_parts
        How many parts it may have.
    """

    def __init__(self, file: BinaryIO, most_parts: int = MOST_PARTS) -> None:
        self.file = file
        self.size = file.seek(0, 2)
        self.parts_left = most_parts
        file.seek(0)

    @property
    def at(self) -> int:
        """Bytes before the next one."""
        return self.file.tell()

    def part(self) -> None:
        """Count a part.

        Raises
        ------
        ImageRefused
            There are more than any program writes.
        """
        self.parts_left -= 1
        if self.parts_left < 0:
            raise ImageRefused(refusals.TOO_COMPLEX)

    def take(self, count: int) -> bytes:
        """Return the next bytes.

        Raises
        ------
        ImageRefused
            The file ends before.
        """
        found = self.file.read(count)
        if len(found) != count:
            raise ImageRefused(refusals.TRUNCATED)
        return found

    def number(self, count: int) -> int:
        """Return the big-endian number in the next bytes; raises as `take`."""
        return int.from_bytes(self.take(count), "big")

    def seek(self, at: int) -> None:
        """Go to a place in the file.

        Raises
        ------
        ImageRefused
            The file ends before.
        """
        if at > self.size:
            raise ImageRefused(refusals.TRUNCATED)
        self.file.seek(at)

    def skip(self, count: int) -> None:
        """Pass over the next bytes; raises as `seek`."""
        self.seek(self.at + count)

    def pieces(self, count: int) -> Iterator[bytes]:
        """Return the next bytes piece by piece; raises as `take`."""
        while count:
            piece = self.take(min(count, PIECE_BYTES))
            count -= len(piece)
            yield piece

    def copy(self, count: int, target: BinaryIO) -> None:
        """Copy the next bytes; raises as `take`."""
        for piece in self.pieces(count):
            target.write(piece)


def unpacked(content: bytes, most: int) -> bytes | None:
    """Return what zlib has packed, or nothing when that is damaged or has more than `most` bytes."""
    unpacker = zlib.decompressobj()
    try:
        found = unpacker.decompress(content, most + 1)
    except zlib.error:
        return None
    return found if unpacker.eof and len(found) <= most else None
