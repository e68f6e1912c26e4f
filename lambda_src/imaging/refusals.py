"""Why an upload is refused, as one of a fixed set of words: it stands in logs, metrics and what the owner is told."""

from __future__ import annotations

EMPTY = "empty"
TOO_LARGE = "too-large"
UNKNOWN_FORMAT = "unknown-format"
TOO_MANY_PIXELS = "too-many-pixels"
ANIMATED = "animated"
TRUNCATED = "truncated"
UNREADABLE = "unreadable"
TOO_MANY_IMAGES = "too-many-images"
REASONS = frozenset(
    {EMPTY, TOO_LARGE, UNKNOWN_FORMAT, TOO_MANY_PIXELS, ANIMATED, TRUNCATED, UNREADABLE, TOO_MANY_IMAGES}
)


class ImageRefused(Exception):
    """The upload is bad input, which trying again cannot mend. `reason` is one of `REASONS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
