"""Identifiers that sort by the time of their making (RFC 9562, UUID version 7)."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def uuid7(now_ns: int, entropy: Callable[[int], bytes]) -> str:
    """Return a UUID version 7 in its canonical text form.

    Parameters
    ----------
    now_ns
        Nanoseconds since the Unix epoch.
    entropy
        Returns as many random bytes as it is asked for, such as `os.urandom`.

    Notes
    -----
    RFC 9562, section 5.7. The twelve bits of `rand_a` hold the fraction of the millisecond (section 6.2, method 3), so
    that identifiers made within one millisecond sort by time too.
    """
    milliseconds, rest = divmod(now_ns, 1_000_000)
    fraction = rest * 4096 // 1_000_000
    random = int.from_bytes(entropy(8), "big") & ((1 << 62) - 1)
    return str(UUID(int=milliseconds << 80 | 7 << 76 | fraction << 64 | 0b10 << 62 | random))


def canonical(text: str) -> str | None:
    """Return a UUID in its canonical (lower-case) form, or nothing when the text is not a UUID."""
    return text.lower() if _TEXT.fullmatch(text) else None
