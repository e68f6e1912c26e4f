"""Make all sizes of one picture in a process of its own, and print what that took.

    image_worker.py naive|ours PICTURE FORMAT FOLDER [--pixels]

The sizes are written to FOLDER; with `--pixels` as PNG, that is, as they are before they are encoded.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lambda_src"))

from PIL import Image

from imaging import derivatives
from imaging.formats import FORMATS, Format, encoded
from imaging.sizes import fitted, sizes_of

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
        made = derivatives.make(file, sizes=SIZES, target=target, max_pixels=50_000_000)
    return {size.name: size.content for size in made.sizes}


def main() -> None:
    kind, picture, form, folder = sys.argv[1:5]
    target = PIXELS if "--pixels" in sys.argv else FORMATS[form]
    started = time.process_time()
    made = {"naive": naive, "ours": ours}[kind](Path(picture), target)
    seconds = time.process_time() - started
    for name, content in made.items():
        (Path(folder) / f"{kind}-{name}.{target.extension}").write_bytes(content)
    # The peak that the kernel has seen. That of getrusage is inherited from the process that starts this one.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    print(json.dumps({"cpu": seconds, "memory": int(status["VmHWM"].split()[0]) / 1000}))


if __name__ == "__main__":
    main()
