"""Compressors: one per target, pinned by the toolkit's lock. A codec's exact version is part of every key."""

from __future__ import annotations

import os
import sys

from tools.errors import MachineProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.build.report import Target

# Distribution and level: the smallest zips for release, the fastest for the local loop
CODECS: dict[str, tuple[str, int]] = {"aws": ("deflate", 6), "local": ("isal", 2)}


def codec_identity(target: Target) -> str:
    """Return distribution, version and level, such as `deflate 0.9.0 level 6`.

    The version is read from the folder that an installer leaves beside the package: asking importlib.metadata takes
    longer than a build with nothing to do.

    Raises
    ------
    MachineProblem
        When the codec is not installed.
    """
    name, level = CODECS[target]
    start = name + "-"
    for folder in sys.path:
        try:
            entries = os.listdir(folder or ".")
        except OSError:
            continue
        for entry in sorted(entries):
            if entry.startswith(start) and entry.endswith(".dist-info"):
                return f"{name} {entry[len(start) : -len('.dist-info')]} level {level}"
    raise MachineProblem(f"The compressor {name} is not installed in this environment.", "make setup")


def compressor(target: Target) -> Callable[[bytes], bytes]:
    """Return a function from bytes to a raw DEFLATE stream (RFC 1951). It lets other threads run."""
    level = CODECS[target][1]
    if target == "aws":
        from deflate import deflate_compress

        return lambda data: bytes(deflate_compress(data, level))
    from isal.isal_zlib import compress

    return lambda data: bytes(compress(data, level, -15))
