"""The sizes that every image is made in."""

from __future__ import annotations

import re
from dataclasses import dataclass

from runtime.settings import SettingError

_SIZE = re.compile(r"([a-z][a-z0-9-]{0,19}):([0-9]{2,4})", re.ASCII)
_SMALLEST = 16
# Beyond it the decoded and the scaled pixels of one image would no longer fit into the memory that is meant for them.
_LARGEST = 2048
_MOST = 10


@dataclass(frozen=True)
class Size:
    """A size by name: `longest` bounds the longest side, in pixels."""

    name: str
    longest: int


def sizes_of(text: str) -> tuple[Size, ...]:
    """Return the sizes in a setting such as "thumb:160 small:480 large:1024", the largest first.

    Raises
    ------
    SettingError
        The text is not of that form, names a size twice, or has a size out of bounds.
    """
    matches = [_SIZE.fullmatch(part) for part in text.split()]
    sizes = [Size(match[1], int(match[2])) for match in matches if match]
    if (
        not 1 <= len(sizes) <= _MOST
        or len(sizes) != len(matches)
        or len({size.name for size in sizes}) != len(sizes)
        or not all(_SMALLEST <= size.longest <= _LARGEST for size in sizes)
    ):
        raise SettingError(
            f"The environment variable IMAGE_SIZES is not 1 to {_MOST} different names, each with a longest side of"
            f' {_SMALLEST} to {_LARGEST} pixels, such as "thumb:160 large:1024".'
        )
    return tuple(sorted(sizes, key=lambda size: size.longest, reverse=True))


def fitted(width: int, height: int, longest: int) -> tuple[int, int]:
    """Return the width and height, in pixels, of a picture whose longest side is to be `longest` at most.

    The proportions stay, no side vanishes, and nothing is enlarged.
    """
    side = max(width, height)
    if side <= longest:
        return width, height
    return max(1, round(width * longest / side)), max(1, round(height * longest / side))
