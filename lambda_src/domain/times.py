"""Points in time as the API writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def rfc3339(now_ns: int) -> str:
    """Return nanoseconds since the Unix epoch as RFC 3339 text: UTC, milliseconds, "Z"."""
    seconds, rest = divmod(now_ns, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest // 1_000_000:03d}Z"
