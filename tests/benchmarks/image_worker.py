"""Make all sizes of one picture in a process of its own, and print what that took.

    image_worker.py naive|ours|function PICTURE FORMAT FOLDER [--pixels]

The sizes are written to FOLDER; with `--pixels` as PNG, that is, as they are before they are encoded. `function` is
`ours` with the function's AWS clients in memory.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lambda_src"))

from PIL import Image

from processors.imaging.formats import FORMATS, Format, encoded
from processors.imaging.refusals import ImageRefused
from processors.imaging.safely import make_safely
from processors.imaging.sizes import fitted, sizes_of

SIZES = sizes_of("thumb:160 small:480 large:1024")
PIXELS = Format("PNG", "png", "image/png", True, {"compress_level": 1})


def naive(picture: Path, target: Format) -> dict[str, bytes]:
    """Return the sizes as most would make them: three times the best filter, from the whole picture."""
    image = Image.open(picture)
    return {
        size.name: encoded(image.resize(fitted(*image.size, size.longest), Image.Resampling.LANCZOS), target)
        for size in SIZES
    }


def ours(picture: Path, target: Format) -> dict[str, bytes]:
    """Return the sizes as the function makes them."""
    with picture.open("rb") as file:
        made = make_safely(file, sizes=SIZES, target=target, max_pixels=50_000_000, seconds=600)
    return {size.name: size.content for size in made.sizes}


def function(picture: Path, target: Format) -> dict[str, bytes]:
    """Return the same, where the function's clients are."""
    os.environ |= {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    import processors.image_processor  # noqa: F401
    from aws.clients import client

    for service in ("s3", "dynamodb", "events"):
        client(service, "http://127.0.0.1:9")
    return ours(picture, target)


def _peak() -> int:
    """Return bytes that both processes have had at most, as if none was shared between them.

    That of getrusage is inherited from the process that starts this one, but for a child that starts no other program.
    """
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return 1024 * int(status["VmHWM"].split()[0])


def main() -> None:
    kind, picture, form, folder = sys.argv[1:5]
    target = PIXELS if "--pixels" in sys.argv else FORMATS[form]
    outcome, made = "made", {}
    started = time.process_time() if kind != "function" else 0.0
    try:
        made = {"naive": naive, "ours": ours, "function": function}[kind](Path(picture), target)
    except ImageRefused as refused:
        outcome = refused.reason
    seconds = time.process_time() - started
    for name, content in made.items():
        (Path(folder) / f"{kind}-{name}.{target.extension}").write_bytes(content)
    child = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        json.dumps(
            {
                "outcome": outcome,
                "cpu": seconds + child.ru_utime + child.ru_stime,
                "memory": max(_peak(), child.ru_maxrss * 1024) / 1e6,
                "both": (_peak() + child.ru_maxrss * 1024) / 1e6,
            }
        )
    )


if __name__ == "__main__":
    main()
