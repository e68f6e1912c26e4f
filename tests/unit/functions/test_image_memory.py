"""Whatever is uploaded, the processor stays below 256 MB: measured in a process of its own, its clients included."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.unit.functions.support.cloud import ENVIRONMENT
from tests.unit.functions.support.pictures import bomb, frames, in_separate_scans, saved

SOURCES = Path(__file__).resolve().parents[3] / "lambda_src"
LIMIT_MB = 256
# If the function and the child that it watches shared nothing, which they do.
LIMIT_OF_BOTH_MB = 300
# The peak of its memory that the kernel has seen: the one of getrusage is inherited from the process that starts it.
PROGRAM = """
import json, resource, sys
import processors.image_processor
from processors.imaging.safely import make_safely
from processors.imaging.formats import FORMATS
from processors.imaging.refusals import ImageRefused
from processors.imaging.sizes import sizes_of
from aws.clients import client

for service in ("s3", "dynamodb", "events"):
    client(service)
outcome = "made"
try:
    with open(sys.argv[1], "rb") as file:
        make_safely(file, sizes=sizes_of(sys.argv[2]), target=FORMATS[sys.argv[3]], max_pixels=50_000_000, seconds=600)
except ImageRefused as refused:
    outcome = refused.reason
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
own, child = int(status["VmHWM"].split()[0]), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([outcome, max(own, child) / 1000, (own + child) / 1000]))
"""


def _flat(kind: str, width: int, height: int, mode: str = "RGB", **options: object) -> Callable[[], bytes]:
    """Return an upload that is quickly made: what a decoder takes does not depend on what is in the picture."""
    return lambda: saved(Image.new(mode, (width, height), "teal"), kind, **options)


# The largest that is let in, of each kind, and a little more.
UPLOADS: dict[str, tuple[Callable[[], bytes], str]] = {
    "png bomb of 14,000 x 14,000": (bomb, "too-many-pixels"),
    "gif of 500 frames": (lambda: frames(500, side=100), "animated"),
    "24 MP jpeg": (_flat("JPEG", 6000, 4000), "made"),
    "48 MP jpeg": (_flat("JPEG", 8000, 6000), "made"),
    "50 MP jpeg, nearly square": (_flat("JPEG", 7070, 7070), "made"),
    "48 MP progressive jpeg": (_flat("JPEG", 8000, 6000, progressive=True), "made"),
    "21 MP progressive jpeg, all colours": (_flat("JPEG", 4650, 4650, progressive=True, subsampling=0), "made"),
    "48 MP progressive jpeg, all colours": (
        _flat("JPEG", 8000, 6000, progressive=True, subsampling=0),
        "too-many-pixels",
    ),
    "21 MP jpeg in separate scans": (lambda: in_separate_scans(4650, 4650), "made"),
    "48 MP jpeg in separate scans": (lambda: in_separate_scans(8000, 6000), "too-many-pixels"),
    "50 MP grey png": (lambda: bomb(7070, 7070, colour=0), "made"),
    "50 MP palette png": (lambda: bomb(7070, 7070, colour=3), "made"),
    "34 MP png": (lambda: bomb(5800, 5800), "made"),
    "34 MP png with alpha": (lambda: bomb(5800, 5800, colour=6), "made"),
    "50 MP png": (lambda: bomb(7070, 7070), "too-many-pixels"),
    "9 MP webp": (_flat("WEBP", 3000, 3000, method=0), "made"),
    "9 MP lossless webp": (_flat("WEBP", 3000, 3000, "RGBA", lossless=True, quality=0, method=0), "made"),
    "12 MP webp": (_flat("WEBP", 4000, 3000, method=0), "too-many-pixels"),
    "9 MP avif": (_flat("AVIF", 3000, 3000, "RGBA", speed=10, subsampling="4:4:4"), "made"),
    "12 MP avif": (_flat("AVIF", 4000, 3000, speed=10), "too-many-pixels"),
}


# What has been near the limit, and what must never be let in; the rest takes long, and is run by `make test-full`.
ALWAYS = {
    "png bomb of 14,000 x 14,000",
    "gif of 500 frames",
    "24 MP jpeg",
    "48 MP progressive jpeg",
    "48 MP jpeg in separate scans",
    "34 MP png with alpha",
    "9 MP webp",
}


def _measured(content: bytes, folder: Path, *, sizes: str, target: str) -> tuple[str, float]:
    """Return what has become of an upload, and the megabytes that the process or its child has taken at most."""
    upload = folder / "upload"
    upload.write_bytes(content)
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM, upload, sizes, target],
        capture_output=True,
        check=True,
        cwd=SOURCES,
        env=ENVIRONMENT,
        text=True,
    )
    outcome, megabytes, of_both = json.loads(answer.stdout)
    assert of_both < LIMIT_OF_BOTH_MB
    return outcome, megabytes


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in ALWAYS else pytest.mark.full) for name in UPLOADS]
)
def test_memory_is_bounded(tmp_path: Path, name: str) -> None:
    content, expected = UPLOADS[name]
    outcome, megabytes = _measured(content(), tmp_path, sizes=ENVIRONMENT["IMAGE_SIZES"], target="jpeg")
    assert outcome == expected
    assert megabytes < LIMIT_MB
    if outcome != "made":
        assert megabytes < LIMIT_MB / 2, "refused, but only after much work"


@pytest.mark.full
@pytest.mark.parametrize(("target", "side", "colour"), [("webp", 4400, 6), ("avif", 5200, 2), ("jpeg", 7000, 3)])
def test_memory_is_bounded_at_the_largest_setting(tmp_path: Path, target: str, side: int, colour: int) -> None:
    """Of a picture that is scaled down but little nothing can be left out beforehand."""
    outcome, megabytes = _measured(bomb(side, side, colour=colour), tmp_path, sizes="huge:2048", target=target)
    assert outcome == "made"
    assert megabytes < LIMIT_MB
