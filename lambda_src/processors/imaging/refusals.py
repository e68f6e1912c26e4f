"""Why an upload is refused, as one of a fixed set of words: it stands in logs, metrics and what the owner is told."""

from __future__ import annotations

EMPTY = "empty"
TOO_LARGE = "too-large"
UNKNOWN_FORMAT = "unknown-format"
TOO_MANY_PIXELS = "too-many-pixels"
TOO_COMPLEX = "too-complex"
TOO_MUCH_WORK = "too-much-work"
TOO_MUCH_MEMORY = "too-much-memory"
DECODER_CRASHED = "decoder-crashed"
ANIMATED = "animated"
TRUNCATED = "truncated"
UNREADABLE = "unreadable"
TOO_MANY_IMAGES = "too-many-images"
TOO_MANY_UPLOADS = "too-many-uploads"
REASONS = frozenset(
    {
        EMPTY,
        TOO_LARGE,
        UNKNOWN_FORMAT,
        TOO_MANY_PIXELS,
        TOO_COMPLEX,
        TOO_MUCH_WORK,
        TOO_MUCH_MEMORY,
        DECODER_CRASHED,
        ANIMATED,
        TRUNCATED,
        UNREADABLE,
        TOO_MANY_IMAGES,
        TOO_MANY_UPLOADS,
    }
)


class ImageRefused(Exception):
    """The upload is bad input; trying again gives the same answer. `reason` is one of `REASONS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
