"""Make sizes of pictures beside naive Pillow, each time in a fresh process, one after the other in turn.

Run by `make bench-images`. What is printed are ratios: milliseconds are of one machine, ratios travel further.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "lambda_src")]

from processors.imaging.formats import DEFAULT, FORMATS  # noqa: E402

WORKER = Path(__file__).with_name("image_worker.py")
PICTURES = {
    "24 MP JPEG": ("24.jpg", 6000, 4000),
    "48 MP JPEG": ("48.jpg", 8000, 6000),
    "12 MP JPEG": ("12.jpg", 4000, 3000),
    "12 MP PNG": ("12.png", 4000, 3000),
}
# The goals are for large photographs in the format that is the default; the rest is told for comparison.
JUDGED = ("24 MP JPEG", "48 MP JPEG")
GOALS = {"less CPU": 3.0, "less memory": 3.5, "SSIM of pixels": 0.97, "SSIM of files": 0.97}


@dataclass
class Case:
    """A picture and a format: what both ways took in each round, and how alike their results are."""

    picture: str
    form: str
    took: dict[str, list[dict[str, float]]] = field(default_factory=lambda: {"naive": [], "ours": []})
    alike: dict[str, dict[str, float]] = field(default_factory=dict)
    encoding: float = 1.0
    bytes: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What is made of what."""
        return f"{self.picture} to {self.form}"

    def median(self, way: str, what: str) -> float:
        """Return the median of what one way took: "cpu" in seconds, "memory" in MB."""
        return statistics.median(one[what] for one in self.took[way])

    def found(self) -> dict[str, float]:
        """Return what is found, by goal. A similarity is that of the least alike size."""
        return {
            "less CPU": self.median("naive", "cpu") / self.median("ours", "cpu"),
            "less memory": self.median("naive", "memory") / self.median("ours", "memory"),
            "SSIM of pixels": min(self.alike["pixels"].values()),
            "SSIM of files": min(self.alike["files"].values()),
        }


def run(way: str, case: Case, folder: Path, *options: str) -> dict[str, float]:
    """Make the sizes in a process of its own; return what that took."""
    command: list[str | Path] = [
        sys.executable,
        WORKER,
        way,
        folder / PICTURES[case.picture][0],
        case.form,
        folder,
        *options,
    ]
    answer = subprocess.run(command, capture_output=True, check=True, text=True)
    took: dict[str, float] = json.loads(answer.stdout)
    return took


def compare(case: Case, folder: Path) -> None:
    """Note how alike the results of both ways are, size by size, and what encoding the largest does."""
    from PIL import Image

    from tests.benchmarks.image_similarity import ssim
    from tests.benchmarks.image_worker import PIXELS, SIZES

    for what, extension in (("files", FORMATS[case.form].extension), ("pixels", PIXELS.extension)):
        for way in case.took:
            run(way, case, folder, *(["--pixels"] if what == "pixels" else []))
        case.alike[what] = {}
        for size in SIZES:
            pair = [folder / f"{way}-{size.name}.{extension}" for way in case.took]
            case.alike[what][size.name] = ssim(*(Image.open(path) for path in pair))
        if what == "files":
            for way in case.took:
                case.bytes[way] = (folder / f"{way}-{SIZES[0].name}.{extension}").stat().st_size
    largest = [folder / f"naive-{SIZES[0].name}.{form.extension}" for form in (FORMATS[case.form], PIXELS)]
    case.encoding = ssim(*(Image.open(path) for path in largest))


def table(cases: list[Case]) -> str:
    """Return what was measured, a line for each case."""
    heads = (
        "cpu ms",
        "ratio",
        "MB",
        "ratio",
        "SSIM of pixels",
        "SSIM of files",
        "naive's encoding",
        "kB of the largest",
    )
    lines = [f"{'naive : ours':22}" + "".join(f"{head:>19}" for head in heads)]
    for case in cases:
        found = case.found()
        cells = (
            f"{case.median('naive', 'cpu') * 1000:.0f} : {case.median('ours', 'cpu') * 1000:.0f}",
            f"x {found['less CPU']:.1f}",
            f"{case.median('naive', 'memory'):.0f} : {case.median('ours', 'memory'):.0f}",
            f"x {found['less memory']:.2f}",
            " ".join(f"{value:.3f}" for value in case.alike["pixels"].values()),
            " ".join(f"{value:.3f}" for value in case.alike["files"].values()),
            f"{case.encoding:.3f}",
            f"{case.bytes['naive'] / 1000:.0f} : {case.bytes['ours'] / 1000:.0f}",
        )
        lines.append(f"{case.name:22}" + "".join(f"{cell:>19}" for cell in cells))
    return "\n".join(lines)


def verdicts(cases: list[Case]) -> list[dict[str, Any]]:
    """Return each goal with what was wanted and what was found."""
    return [
        {"goal": f"{case.name}: {goal}", "wanted": wanted, "found": case.found()[goal]}
        for case in cases
        if case.picture in JUDGED and case.form == DEFAULT
        for goal, wanted in GOALS.items()
    ]


def with_peers() -> None:
    """Go on in the environment of the benchmarks, which has numpy and the locked Pillow."""
    from tests.benchmarks.bench_build import peers_environment

    environment = peers_environment()
    if Path(sys.prefix).resolve() != environment.resolve():
        os.execv(environment / "bin" / "python", [str(environment / "bin" / "python"), *sys.argv])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true", help="fail when a goal is missed")
    options = parser.parse_args()
    with_peers()
    from tests.benchmarks.image_pictures import write

    others = [Case("24 MP JPEG", form) for form in FORMATS if form != DEFAULT]
    cases = [*(Case(picture, DEFAULT) for picture in PICTURES), *others]
    scratch = ROOT / ".local"
    scratch.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-images-", dir=scratch) as name:
        folder = Path(name)
        for file, width, height in PICTURES.values():
            write(folder / file, width, height)
        for _ in range(options.rounds):
            for case in cases:
                for way, took in case.took.items():
                    took.append(run(way, case, folder))
        for case in cases:
            compare(case, folder)
    judged = verdicts(cases)
    if options.json:
        print(json.dumps({"cases": [vars(case) for case in cases], "goals": judged}, indent=2))
    else:
        print("pictures: procedural; see tests/benchmarks/image_pictures.py for what they have of a photograph")
        print(f"sizes: 1024, 480 and 160 pixels; medians of {options.rounds} rounds; both ways with the same encoder")
        print("naive's encoding: SSIM of its own largest file and the pixels that it was encoded from", "", sep="\n")
        print(table(cases), "", sep="\n")
        for one in judged:
            said = "met   " if one["found"] >= one["wanted"] else "MISSED"
            print(f"{said} {one['goal']}: {one['found']:.3g}, wanted {one['wanted']:g}")
    return 1 if options.check and any(one["found"] < one["wanted"] for one in judged) else 0


if __name__ == "__main__":
    sys.exit(main())
