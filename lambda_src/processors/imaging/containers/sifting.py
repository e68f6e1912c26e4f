"""What a file really is, and its pixels alone: what a library then opens cannot make it do more than that."""

from __future__ import annotations

from typing import BinaryIO

from processors.imaging import refusals
from processors.imaging.containers import avif, gif, jpeg, png, webp
from processors.imaging.containers.parts import Sifted
from processors.imaging.refusals import ImageRefused

_WALKS = {"JPEG": jpeg.sift, "PNG": png.sift, "GIF": gif.sift, "WEBP": webp.sift, "AVIF": avif.sift}


def kind_of(file: BinaryIO) -> str:
    """Return Pillow's name of a file's format: what it says counts, not its name or declared type.

    Raises
    ------
    ImageRefused
        It is none of JPEG, PNG, WebP, GIF and AVIF.
    """
    file.seek(0)
    head = file.read(avif.LARGEST_FTYP)
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(png.SIGNATURE):
        return "PNG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if avif.is_avif(head):
        return "AVIF"
    raise ImageRefused(refusals.UNKNOWN_FORMAT)


def sift(kind: str, file: BinaryIO, target: BinaryIO) -> Sifted:
    """Write the pixels in a file, and what decoding them needs, to another one; return what else is known of them.

    Parameters
    ----------
    kind
        What `kind_of` has said.
    file
        The upload.
    target
        Where to; empty, and open for reading too.

    Raises
    ------
    ImageRefused
        It has several frames, is damaged, or is made of more parts than any program writes.
    """
    found = _WALKS[kind](file, target)
    target.seek(0)
    return found
