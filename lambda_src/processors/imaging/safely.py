"""All sizes of an upload, made where its bytes can do no harm."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, BinaryIO

from processors.imaging.containers.sifting import kind_of
from processors.imaging.derivatives import Derivative, Derivatives, make
from processors.imaging.formats import Format
from processors.imaging.opening import load_codec
from processors.imaging.sizes import Size
from processors.imaging.watchdog import Limits, Usage, watched

# Five times what the slowest picture takes that is let in, and more where much is to be written: that is a matter of
# settings, of which WebP with transparency takes the most, 0.3 s a megapixel.
CPU_SECONDS = 8
_PIXELS_A_SECOND = 2_000_000
# What decoding may take, with what the allocator keeps of it.
MEMORY_BYTES = 180_000_000
_HEAD_BYTES = 4


def make_safely(
    file: BinaryIO,
    *,
    sizes: Sequence[Size],
    target: Format,
    max_pixels: int,
    seconds: float,
    noted: Callable[[Usage], None] = lambda _: None,
) -> Derivatives:
    """Return all sizes of an upload, as `derivatives.make` does, in a process that is watched.

    Parameters
    ----------
    file, sizes, target, max_pixels
        As there.
    seconds
        How long it may take in any case.
    noted
        Is told what it has taken.

    Raises
    ------
    ImageRefused
        It is bad input, or asks for too much.
    ImportError
        Pillow, or its part for one of the formats, cannot be loaded.
    WorkFailed, OSError
        Something else has failed; the upload is not to blame.
    """
    prepare(target)
    # Here, so that the next upload has it too. An empty file is refused in the child, as any other.
    if file.seek(0, 2):
        load_codec(kind_of(file))

    def work() -> bytes:
        return _packed(make(file, sizes=sizes, target=target, max_pixels=max_pixels))

    limits = Limits(_cpu_seconds(sizes), MEMORY_BYTES, seconds)
    return _unpacked(watched(work, file, limits, noted))


def prepare(target: Format) -> None:
    """Load what every upload needs: what converts colours, and what writes the format of the sizes.

    Raises
    ------
    ImportError
        It cannot be loaded.
    """
    load_codec(target.name)
    importlib.import_module("PIL.ImageCms")


def _cpu_seconds(sizes: Sequence[Size]) -> int:
    return CPU_SECONDS + sum(size.longest**2 for size in sizes) // _PIXELS_A_SECOND


def _packed(made: Derivatives) -> bytes:
    """Return sizes as one run of bytes: what they are, and the files one after the other."""
    described = [{**asdict(size), "content": len(size.content)} for size in made.sizes]
    head = json.dumps({"width": made.width, "height": made.height, "sizes": described}).encode()
    return len(head).to_bytes(_HEAD_BYTES, "big") + head + b"".join(size.content for size in made.sizes)


def _unpacked(answer: bytes) -> Derivatives:
    at = _HEAD_BYTES + int.from_bytes(answer[:_HEAD_BYTES], "big")
    described: dict[str, Any] = json.loads(answer[_HEAD_BYTES:at])
    sizes = []
    for size in described["sizes"]:
        sizes.append(Derivative(**size | {"content": answer[at : at + size["content"]]}))
        at += size["content"]
    return Derivatives(described["width"], described["height"], tuple(sizes))
