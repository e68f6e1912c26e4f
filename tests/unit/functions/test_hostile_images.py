"""Files that are made to keep a decoder busy cost little, and harmless ones are not refused for what is in them."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from processors.imaging.derivatives import Derivatives, make
from processors.imaging.formats import FORMATS
from processors.imaging.refusals import REASONS, ImageRefused
from processors.imaging.safely import make_safely
from processors.imaging.sizes import sizes_of
from processors.imaging.watchdog import Usage
from tests import hostile_images
from tests.hostile_images import FILES, MADE, box, chunk, gif, segment, webp
from tests.unit.functions.support.pictures import GOOD, damaged, exchanging_profile, photo, saved

ROOT = Path(__file__).resolve().parents[3]
MIB = 1024 * 1024
SIZES = sizes_of("thumb:160 large:1024")


def _made(content: bytes) -> Derivatives:
    return make(BytesIO(content), sizes=SIZES, target=FORMATS["jpeg"], max_pixels=50_000_000)


@pytest.mark.parametrize("name", FILES)
def test_hostile_files_cost_little(name: str) -> None:
    """Two megabytes are enough to go beyond every bound; what twenty cost is measured by the next test."""
    maker, expected = FILES[name]
    used: list[Usage] = []
    outcome = MADE
    try:
        file = BytesIO(maker(2 * MIB))
        make_safely(file, sizes=SIZES, target=FORMATS["jpeg"], max_pixels=50_000_000, seconds=60, noted=used.append)
    except ImageRefused as refused:
        outcome = refused.reason
    assert outcome == expected
    assert used[0].cpu_seconds < 5


@pytest.mark.full
def test_the_worst_of_twenty_megabytes_is_within_its_limits() -> None:
    answer = subprocess.run(
        [sys.executable, ROOT / "tests" / "benchmarks" / "bench_hostile.py", "--json"],
        capture_output=True,
        check=True,
        text=True,
    )
    found = json.loads(answer.stdout)
    assert {one["name"] for one in found} >= set(FILES)
    assert len(found) >= 12
    for one in found:
        assert one["outcome"] == one["expected"], one
        assert one["cpu"] < 10, one
        assert one["memory"] < 300, one


def _png(*chunks: bytes, picture: bytes | None = None) -> bytes:
    whole = picture or saved(photo(), "PNG")
    return whole[:33] + b"".join(chunks) + whole[33:]


def _wrong(content: bytes) -> bytes:
    """Return a chunk with another checksum."""
    return content[:-1] + bytes((content[-1] ^ 1,))


def _jpeg(*segments: bytes) -> bytes:
    whole = saved(photo(), "JPEG", quality=95)
    return whole[:2] + b"".join(segments) + whole[2:]


def _large_profile() -> bytes:
    """Return a profile of more than a megabyte, of bytes that cannot be packed."""
    import random

    profile = exchanging_profile() + random.Random(1).randbytes(1_150_000)
    return len(profile).to_bytes(4, "big") + profile[4:]


XMP = b"XML:com.adobe.xmp\0%c\0\0\0"
HARMLESS: dict[str, Callable[[], bytes]] = {
    "png with a megabyte of XMP": lambda: _png(chunk(b"iTXt", XMP % 0 + b"a" * 1_100_000)),
    "png with packed XMP": lambda: _png(chunk(b"iTXt", XMP % 1 + hostile_images._packed_zeros(1000))),
    "png with a wrong checksum in a text": lambda: _png(_wrong(chunk(b"tEXt", b"note\0text"))),
    "png with a wrong checksum in its gamma": lambda: _png(_wrong(chunk(b"gAMA", struct.pack(">I", 45_455)))),
    "png with a wrong checksum in its profile": lambda: _png(_wrong(chunk(b"iCCP", b"a\0\0x"))),
    "png with a wrong checksum in its transparency": lambda: _png(
        _wrong(chunk(b"tRNS", bytes((0, 220, 0, 40, 0, 40))))
    ),
    "png with a short pHYs": lambda: _png(chunk(b"pHYs", b"\1")),
    "png with a short tRNS": lambda: _png(chunk(b"tRNS", b"\1")),
    "png with a short cHRM, gAMA and sRGB": lambda: _png(*(chunk(kind, b"") for kind in (b"cHRM", b"gAMA", b"sRGB"))),
    "png with damaged Exif": lambda: _png(chunk(b"eXIf", b"MM\0*\xff\xff\xff\xff")),
    "png with more behind its end": lambda: saved(photo(), "PNG") + b"more" * 1000,
    "png without an end": lambda: saved(photo(), "PNG")[:-12],
    "png in pieces of a byte": lambda: _in_pieces(saved(photo(40, 30), "PNG"), 1),
    "jpeg with a short JFIF": lambda: _jpeg(segment(0xE0, b"JFIF\0\1"), segment(0xE0, b"JFIF\0")),
    "jpeg with a short Adobe": lambda: _jpeg(segment(0xEE, b"Adobe")),
    "jpeg with a short profile": lambda: _jpeg(segment(0xE2, b"ICC_PROFILE\0")),
    "jpeg with damaged Exif": lambda: _jpeg(segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\1\x12")),
    "jpeg with an empty segment of each application": lambda: _jpeg(*(segment(0xE0 + one, b"") for one in range(16))),
    "jpeg with megabytes of notes": lambda: _jpeg(
        *(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + bytes(65_000)),) * 40
    ),
    "jpeg with more behind its end": lambda: _jpeg() + b"more" * 100_000,
    "gif with a short control block": lambda: saved(photo(), "GIF").replace(b",\0\0\0\0", b"!\xf9\1\1\0,\0\0\0\0", 1),
    "gif with a program's notes": lambda: saved(photo(), "GIF", comment=b"a" * 100_000),
    "webp with damaged notes": lambda: webp(struct.pack("<4sI", b"EXIF", 4) + b"junk", side=64),
    "avif with an unknown box": lambda: GOOD["avif"]() + box(b"what", bytes(1000)),
}


def _in_pieces(png: bytes, size: int) -> bytes:
    at = png.index(b"IDAT")
    length = int.from_bytes(png[at - 4 : at], "big")
    data = png[at + 4 : at + 4 + length]
    pieces = b"".join(chunk(b"IDAT", data[start : start + size]) for start in range(0, length, size))
    return png[: at - 4] + pieces + png[at + 8 + length :]


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_picture_is_made_whatever_is_beside_it(name: str) -> None:
    """W3C PNG, 13.1: an error in an ancillary chunk is none of the picture."""
    kind = name.partition(" ")[0].upper()
    plain = {"PNG": {}, "JPEG": {"quality": 95}, "GIF": {}, "AVIF": {"quality": 90}}
    made = _made(HARMLESS[name]())
    if kind in plain and "pieces" not in name:
        assert made == _made(saved(photo(), kind, **plain[kind]))


def test_a_large_profile_counts() -> None:
    """Red and green are exchanged in it, so that leaving it out would show."""
    small = _made(saved(photo(), "PNG", icc_profile=exchanging_profile()))
    assert _made(saved(photo(), "PNG", icc_profile=_large_profile())) == small != _made(saved(photo(), "PNG"))
    jpegs = [
        saved(photo(), "JPEG", quality=95, icc_profile=profile) for profile in (_large_profile(), exchanging_profile())
    ]
    assert _made(jpegs[0]) == _made(jpegs[1])


def test_what_is_behind_the_first_frame_is_looked_at() -> None:
    assert _made(gif()).width == 8
    with pytest.raises(ImageRefused, match="animated"):
        _made(gif(after=b"!\xfe\1a\0" + gif()[19:-1]))


@pytest.mark.full
def test_a_frame_that_is_larger_than_it_says_is_stopped() -> None:
    """No box tells: the decoder meets it, in the middle of its work."""
    used: list[Usage] = []
    with pytest.raises(ImageRefused):
        make_safely(
            BytesIO(hostile_images.large_frame(9000)),
            sizes=SIZES,
            target=FORMATS["jpeg"],
            max_pixels=50_000_000,
            seconds=60,
            noted=used.append,
        )
    assert used[0].cpu_seconds < 10
    assert used[0].peak_bytes < 300_000_000


@pytest.mark.parametrize("seed", range(0, 400, 4))
def test_a_damaged_hostile_file_is_made_or_refused(seed: int) -> None:
    names = sorted(set(FILES) - {"webp of many codes", "avif with long notes"})
    content = damaged(FILES[names[seed // 4 % len(names)]][0](20_000), seed)
    try:
        outcome = str(len(_made(content).sizes))
    except ImageRefused as refused:
        outcome = refused.reason
    assert outcome in {"2", *REASONS}


def test_pictures_of_the_corpus_are_what_they_are_said_to_be() -> None:
    """A file that Pillow does not even open attacks nothing."""
    for name in ("gif of frames", "gif with a long comment", "jpeg of large Exif segments", "webp with long notes"):
        image = Image.open(BytesIO(FILES[name][0](300_000)))
        assert image.size in {(8, 8), (64, 64)}
        image.load()
