"""How a camera was held: the one thing in a picture's notes that its pixels need."""

from __future__ import annotations

UPRIGHT = 1
_HEADER = b"Exif\0\0"
# Exif 2.32, sections 4.5.1, 4.6.2 and 4.6.4: the byte order, a directory's entry, the tag, its type.
_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_ENTRY_BYTES = 12
_ORIENTATION = 0x0112
_SHORT = 3
_MOST_ENTRIES = 1000


def orientation(notes: bytes) -> int:
    """Return the orientation in Exif notes, 1 to 8: upright (1) where they are damaged or say nothing of it."""
    notes = notes.removeprefix(_HEADER)
    order = _ORDERS.get(notes[:4])
    if order is None:
        return UPRIGHT
    read = "little" if order == "<" else "big"

    def number(at: int, count: int) -> int:
        return int.from_bytes(notes[at : at + count], read)  # type: ignore[arg-type]

    start = number(4, 4)
    for position in range(min(number(start, 2), _MOST_ENTRIES)):
        at = start + 2 + position * _ENTRY_BYTES
        if number(at, 2) == _ORIENTATION and number(at + 2, 2) == _SHORT:
            value = number(at + 8, 2)
            return value if 1 <= value <= 8 else UPRIGHT
    return UPRIGHT
