"""A walk through the boxes of an AVIF (ISO/IEC 14496-12, ISO/IEC 23008-12, "AV1 Image File Format" 1.2).

Places in the file are absolute, so nothing is moved: what is not needed is renamed in the copy to what every reader
passes over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from processors.imaging import refusals
from processors.imaging.containers.parts import LARGEST_PROFILE, Reader, Sifted
from processors.imaging.refusals import ImageRefused

BRANDS = frozenset({b"avif", b"avis"})
LARGEST_FTYP = 4096
_UNUSED = b"free"
_NEEDED = frozenset({b"ftyp", b"meta", b"mdat", b"free", b"skip"})
_IN_META = frozenset({b"hdlr", b"pitm", b"iinf", b"iloc", b"iprp", b"iref", b"idat"})
# libavif looks items and properties up one by one, and keeps about 200 bytes of each, so their number bounds its time
# and memory. A picture with transparency, notes and previews has ten; one in tiles of 512 pixels has forty.
_MOST_ITEMS = 512
_MOST_PROPERTIES = 2048
_MOST_PLACES = 4096
_MOST_REFERENCES = 1024
# What says where everything is; the largest profile is beside it.
_LARGEST_META = LARGEST_PROFILE + 1024 * 1024
# A decoder of its own is started for each.
_MOST_TILES = 256


def is_avif(head: bytes) -> bool:
    """Say whether the first bytes of a file are the `ftyp` box of an AVIF, whichever of its brands comes first."""
    if head[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return any(head[at : at + 4] in BRANDS for at in (8, *range(16, end - 3, 4)))


def sift(file: BinaryIO, target: BinaryIO) -> Sifted:
    """Write a copy of an AVIF without its notes, from which nothing but its picture can be read.

    Parameters
    ----------
    file
        The AVIF.
    target
        Where to.

    Raises
    ------
    ImageRefused
        It is a film, ends too early, is made of more parts than any program writes, or has a part of more pixels than
        it could be decoded with.
    """
    reader = Reader(file, most_parts=4 * _MOST_PROPERTIES)
    reader.copy(reader.size, target)
    brand = _ftyp(reader, target)
    walk = _Walk(reader, target)
    for box in _boxes(reader, 0, reader.size):
        if box.kind == b"moov" and brand == b"avis":
            raise ImageRefused(refusals.ANIMATED)
        if box.kind == b"meta" and not walk.found:
            walk.meta(box)
        elif box.kind not in _NEEDED or box.kind == b"meta":
            walk.rename(box)
    if not walk.found:
        raise ImageRefused(refusals.UNREADABLE)
    return Sifted(width=walk.width, height=walk.height, grey=not walk.coloured)


@dataclass(frozen=True)
class _Box:
    """A box: its kind, where that is written, and where its content begins and ends."""

    kind: bytes
    kind_at: int
    start: int
    end: int


def _boxes(reader: Reader, start: int, end: int) -> Iterator[_Box]:
    """Return the boxes side by side in a part of the file (14496-12, 4.2)."""
    at = start
    while at + 8 <= end:
        reader.part()
        reader.seek(at)
        size, kind = reader.number(4), reader.take(4)
        content = at + 8
        if size == 1:
            size = reader.number(8)
            content += 8
        elif size == 0:
            size = end - at
        if size < content - at:
            raise ImageRefused(refusals.UNREADABLE)
        if at + size > end:
            raise ImageRefused(refusals.TRUNCATED if end == reader.size else refusals.UNREADABLE)
        yield _Box(kind, at + 4, content, at + size)
        at += size


def _ftyp(reader: Reader, target: BinaryIO) -> bytes:
    """Return the major brand; in the copy it is one that the decoder's front goes by."""
    reader.seek(8)
    brand = reader.take(4)
    if brand not in BRANDS:
        target.seek(8)
        target.write(b"avif")
    return brand


class _Walk:
    """What has been met in `meta`, box by box."""

    def __init__(self, reader: Reader, target: BinaryIO) -> None:
        self.reader = reader
        self.target = target
        self.found = False
        self.coloured = False
        self.width = self.height = 0

    def rename(self, box: _Box) -> None:
        """Let the decoder pass over a box."""
        self.target.seek(box.kind_at)
        self.target.write(_UNUSED)

    def meta(self, box: _Box) -> None:
        """Go through the box that says what is in the file."""
        self.found = True
        if box.end - box.start > _LARGEST_META:
            raise ImageRefused(refusals.TOO_COMPLEX)
        handlers = {b"iinf": self._iinf, b"iloc": self._iloc, b"iprp": self._iprp, b"iref": self._iref}
        seen: set[bytes] = set()
        for inner in _boxes(self.reader, box.start + 4, box.end):
            if inner.kind not in _IN_META or inner.kind in seen:
                self.rename(inner)
            elif inner.kind in handlers:
                handlers[inner.kind](inner)
            seen.add(inner.kind)

    def _full(self, box: _Box) -> tuple[int, int]:
        """Return version and flags of a box, and go behind them."""
        self.reader.seek(box.start)
        return self.reader.number(1), self.reader.number(3)

    def _iinf(self, box: _Box) -> None:
        version, _ = self._full(box)
        _bounded(self.reader.number(2 if version == 0 else 4), _MOST_ITEMS)
        entries = 0
        for entry in _boxes(self.reader, self.reader.at, box.end):
            entries = _bounded(entries + 1, _MOST_ITEMS)
            version, _ = self._full(entry)
            # 14496-12, 8.11.6: id, protection, then what the item is.
            at = entry.start + 4 + (2 if version == 2 else 4) + 2
            self.reader.seek(at)
            if self.reader.take(4) in (b"Exif", b"mime"):
                self.target.seek(at)
                self.target.write(_UNUSED)

    def _iloc(self, box: _Box) -> None:
        """Bound what items are put together from (14496-12, 8.11.3): the same bytes may be named again and again."""
        reader = self.reader
        version, _ = self._full(box)
        sizes = reader.number(2)
        offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
        wide = 4 if version == 2 else 2
        places = 0
        for _ in range(_bounded(reader.number(wide), _MOST_ITEMS)):
            reader.skip(wide + (2 if version else 0) + 2 + base)
            total = 0
            extents = reader.number(2)
            places = _bounded(places + extents, _MOST_PLACES)
            for _ in range(extents):
                reader.skip((index if version else 0) + offset)
                size = reader.number(length)
                if size > reader.size:
                    raise ImageRefused(refusals.TRUNCATED)
                total += size
            if total > reader.size:
                raise ImageRefused(refusals.TOO_COMPLEX)
        if reader.at > box.end:
            raise ImageRefused(refusals.UNREADABLE)

    def _iprp(self, box: _Box) -> None:
        properties = 0
        for inner in _boxes(self.reader, box.start, box.end):
            if inner.kind == b"ipma":
                version, flags = self._full(inner)
                self._associations(version, 2 if flags & 1 else 1)
            elif inner.kind == b"ipco":
                for found in _boxes(self.reader, inner.start, inner.end):
                    properties = _bounded(properties + 1, _MOST_PROPERTIES)
                    self._property(found)

    def _associations(self, version: int, wide: int) -> None:
        total = 0
        for _ in range(_bounded(self.reader.number(4), _MOST_ITEMS)):
            self.reader.skip(4 if version else 2)
            count = self.reader.number(1)
            total = _bounded(total + count, _MOST_PLACES)
            self.reader.skip(count * wide)

    def _property(self, box: _Box) -> None:
        if box.kind == b"ispe":
            self._full(box)
            width, height = self.reader.number(4), self.reader.number(4)
            # The largest there is: parts of the picture, and its transparency, are decoded too.
            if width * height >= self.width * self.height:
                self.width, self.height = width, height
        elif box.kind == b"colr" and box.end - box.start > LARGEST_PROFILE:
            self.rename(box)
        elif box.kind == b"av1C" and box.end - box.start >= 4:
            # "AV1 Codec ISO Media File Format Binding", 2.3.3: whether a part has no colours. Transparency never has.
            self.reader.seek(box.start + 2)
            self.coloured = self.coloured or not self.reader.number(1) & 0x10

    def _iref(self, box: _Box) -> None:
        version, _ = self._full(box)
        wide = 4 if version else 2
        references = 0
        for inner in _boxes(self.reader, self.reader.at, box.end):
            self.reader.seek(inner.start + wide)
            count = self.reader.number(2)
            references = _bounded(references + count, _MOST_REFERENCES)
            if inner.kind == b"dimg":
                _bounded(count, _MOST_TILES)


def _bounded(count: int, most: int) -> int:
    if count > most:
        raise ImageRefused(refusals.TOO_COMPLEX)
    return count
