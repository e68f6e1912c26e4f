"""Give the image function files that are made to be expensive, each in a fresh process, and print the worst.

Run by `make bench-images`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "lambda_src")]

from tests.hostile_images import FILES  # noqa: E402

WORKER = Path(__file__).with_name("image_worker.py")
MEGABYTES = 20
# Processor seconds, the start of Python and the import of boto3 included; megabytes of function and watched child.
LIMITS = {"cpu": 10.0, "memory": 300.0}


def measured(name: str, folder: Path) -> dict[str, Any]:
    """Return what has become of a file, and what that has taken."""
    maker, expected = FILES[name]
    picture = folder / "upload"
    picture.write_bytes(maker(MEGABYTES * 1024 * 1024))
    answer = subprocess.run(
        [sys.executable, WORKER, "function", picture, "jpeg", folder], capture_output=True, check=True, text=True
    )
    took: dict[str, Any] = json.loads(answer.stdout)
    return {
        "name": name,
        "bytes": picture.stat().st_size,
        "outcome": took["outcome"],
        "expected": expected,
        "cpu": took["cpu"],
        # Pages that the two processes share are counted twice: no sum of theirs is larger.
        "memory": took["both"],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true", help="fail when a limit is passed or an outcome is another")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-hostile-") as name:
        found = [measured(file, Path(name)) for file in FILES]
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        print(f"{len(found)} hostile files of up to {MEGABYTES} MiB, each in a process of its own")
        for one in sorted(found, key=lambda one: one["cpu"], reverse=True):
            print(f"{one['cpu']:6.2f} s {one['memory']:4.0f} MB  {one['name']:40} {one['outcome']}")
        for what, unit in (("cpu", "s of processor time"), ("memory", "MB")):
            worst = max(found, key=lambda one: one[what])
            said = "met   " if worst[what] < LIMITS[what] else "MISSED"
            print(f"{said} worst: {worst[what]:.1f} {unit} ({worst['name']}), wanted below {LIMITS[what]:g}")
    missed = any(one[what] >= most for one in found for what, most in LIMITS.items())
    other = any(one["outcome"] != one["expected"] for one in found)
    return 1 if options.check and (missed or other) else 0


if __name__ == "__main__":
    sys.exit(main())
