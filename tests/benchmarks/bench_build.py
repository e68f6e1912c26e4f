"""Time the build beside its peers, on the same tree and locks, one after the other in turn.

Run by `make bench-build`. What is printed are ratios: milliseconds are of one machine, ratios travel further.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.benchmarks.build_peers import (  # noqa: E402
    GROUPS,
    Builder,
    Failed,
    Ours,
    OursAws,
    OursAwsCompiling,
    OursLocal,
    OursLocalCompiling,
    OursPlain,
    Packager,
    Sam,
    UvAndZip,
    UvAndZipCompiled,
)
from tools.build.scan import scan  # noqa: E402

FUNCTIONS = 13
# Scenario, peer, how many times faster than it ours is to be, ours, and what is compared. Cold is with warm wheels.
# Compiling is much of the work, so the like is compared with the like; the rest has no goal and is told openly
GOALS: tuple[tuple[str, type[Builder], float | None, tuple[type[Ours], ...], str], ...] = (
    ("no change", Packager, 10.0, (OursLocal, OursAws), "with byte code : without"),
    ("one-line edit", Packager, 10.0, (OursLocal, OursAws), "with byte code : without"),
    ("cold", UvAndZipCompiled, 3.0, (OursLocal, OursAws), "with byte code, the layers' warm : with byte code"),
    (
        "cold",
        UvAndZipCompiled,
        None,
        (OursLocalCompiling, OursAwsCompiling),
        "with byte code, compiled : with byte code",
    ),
    ("cold", UvAndZip, 3.0, (OursPlain,), "without byte code : without"),
    ("cold", UvAndZip, None, (OursLocal, OursAws), "with byte code, the layers' warm : without"),
    ("cold", UvAndZip, None, (OursLocalCompiling, OursAwsCompiling), "with byte code, compiled : without"),
)

Times = dict[str, dict[str, list[float]]]


def make_tree(folder: Path) -> tuple[list[str], list[str]]:
    """Copy the project's tree, brought up to 13 functions; return its handlers, and remarks on what was done."""
    skipped = shutil.ignore_patterns("__pycache__", ".terraform", "*.tf", "*.hcl")
    for name in ("lambda_src", "layers", "api-gateway", "tools"):
        shutil.copytree(ROOT / name, folder / name, ignore=skipped)
    sources = folder / "lambda_src"
    found = [path for group in GROUPS for path in sorted((sources / group).glob("*.py"))]
    handlers = [path for path in found if not path.name.startswith("_") and scan(path.read_bytes(), "a/b.py")[0]]
    own = len(handlers)
    for number in range(own, FUNCTIONS):
        copy = handlers[0].with_name(f"copy_{number}_of_{handlers[0].name}")
        shutil.copyfile(handlers[0], copy)
        handlers.append(copy)
    layers = len(list(folder.glob("layers/*/requirements.txt")))
    remarks = [f"workload: the project's own tree, {own} functions and {layers} layers"]
    if own < FUNCTIONS:
        remarks.append(f"{FUNCTIONS - own} handlers were copied to make {FUNCTIONS} functions")
    return [path.relative_to(sources).as_posix() for path in handlers], remarks


def peers_environment() -> Path:
    """Return the environment of the peers, made from `requirements/bench.txt` when it is not there yet."""
    environment = ROOT / ".local" / "bench-venv"
    lock = (ROOT / "requirements" / "bench.txt").read_text()
    stamp = environment / "lock"
    if not stamp.exists() or stamp.read_text() != lock:
        print("Setting up .local/bench-venv ...", file=sys.stderr)
        shutil.rmtree(environment, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        uv = Path(sys.executable).parent / "uv"
        install: list[str | Path] = [
            uv,
            "pip",
            "install",
            "--quiet",
            "--python",
            environment / "bin" / "python",
            "--require-hashes",
        ]
        subprocess.run([*install, "-r", ROOT / "requirements" / "bench.txt"], check=True)
        stamp.write_text(lock)
    return environment


def builders(folder: Path, packager: Path | None, with_sam: bool, remarks: list[str]) -> list[Builder]:
    """Return every builder that can run, each over its own copy of the tree."""
    kinds: list[type[Builder]] = [
        OursLocal,
        OursAws,
        OursLocalCompiling,
        OursAwsCompiling,
        OursPlain,
        UvAndZipCompiled,
        UvAndZip,
    ]
    remarks.append("cold: with warm wheel and byte-code caches; `compiling`: with a warm wheel cache alone")
    if with_sam or packager:
        Sam.environment = Packager.environment = peers_environment()
    if packager:
        Packager.script = packager.resolve()
        kinds.append(Packager)
    else:
        remarks.append("package.py was not timed: give the packager of terraform-aws-lambda with --packager PATH")
    if with_sam:
        kinds.append(Sam)
    if not shutil.which("zip"):
        remarks.append("the program zip is not installed: `python -m zipfile` was timed in its place")
    handlers, said = make_tree(folder / "tree")
    remarks[:0] = said
    made = []
    for number, kind in enumerate(kinds):
        root = folder / str(number)
        shutil.copytree(folder / "tree", root)
        made.append(kind(root, handlers))
    return made


def measure(contestants: list[Builder], rounds: int, remarks: list[str]) -> Times:
    """Return scenario to builder to seconds of each round. In a round every builder has its turn."""
    times: Times = {"no change": {}, "one-line edit": {}, "cold": {}}
    alive = list(contestants)
    for builder in list(alive):
        # The first run fills wheel caches and compiles our own modules: it counts for nobody
        try:
            builder.timed("cold")
        except Failed as reason:
            remarks.append(f"{builder.name} was not timed: {reason}")
            alive.remove(builder)
    for scenario in ("cold", "no change", "one-line edit"):
        for number in range(rounds):
            for builder in alive:
                if scenario in builder.scenarios and number < builder.most_rounds:
                    say(f"{scenario}, round {number + 1}: {builder.name}")
                    times[scenario].setdefault(builder.name, []).append(builder.timed(scenario))
    say("")
    return times


def say(text: str) -> None:
    """Show what is being timed, on a line that is written over."""
    if sys.stderr.isatty():
        print(f"\r{text:60}\r", end="", file=sys.stderr, flush=True)


def medians(times: Times) -> dict[str, dict[str, float]]:
    return {
        scenario: {name: statistics.median(seconds) for name, seconds in by_name.items()}
        for scenario, by_name in times.items()
    }


def verdicts(found: dict[str, dict[str, float]]) -> list[tuple[str, float | None, float]]:
    """Return goal, wanted ratio (None for one that is only told) and found ratio, where the peer was timed."""
    return [
        (
            f"{scenario}: {own.name} beside {peer.name} ({compared})",
            wanted,
            found[scenario][peer.name] / found[scenario][own.name],
        )
        for scenario, peer, wanted, contestants, compared in GOALS
        for own in contestants
        if peer.name in found[scenario] and own.name in found[scenario]
    ]


def table(times: Times, found: dict[str, dict[str, float]], ours: list[str]) -> str:
    names = list(dict.fromkeys(name for by_name in times.values() for name in by_name))
    lines = [f"{'':20}" + "".join(f"{name:>22}" for name in names)]
    for scenario, by_name in found.items():
        cells = [
            f"{by_name[name]:9.3f} s (n={len(times[scenario][name])})" if name in by_name else "-" for name in names
        ]
        lines.append(f"{scenario:20}" + "".join(f"{cell:>22}" for cell in cells))
        for own in filter(by_name.__contains__, ours):
            ratios = [f"x {by_name[name] / by_name[own]:.1f}" if name in by_name else "-" for name in names]
            lines.append(f"  / {own:16}" + "".join(f"{ratio:>22}" for ratio in ratios))
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packager", type=Path, help="package.py of terraform-aws-lambda")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--no-sam", action="store_true", help="leave out aws-sam-cli")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true", help="fail when a goal is missed")
    options = parser.parse_args()
    remarks: list[str] = []
    scratch = ROOT / ".local"
    scratch.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-build-", dir=scratch) as folder:
        contestants = builders(Path(folder), options.packager, not options.no_sam, remarks)
        times = measure(contestants, options.rounds, remarks)
    ours = [builder.name for builder in contestants if isinstance(builder, Ours) and builder.name in times["cold"]]
    found = medians(times)
    judged = verdicts(found)
    if options.json:
        goals = [{"goal": goal, "wanted": wanted, "found": round(ratio, 2)} for goal, wanted, ratio in judged]
        print(json.dumps({"remarks": remarks, "seconds": times, "medians": found, "goals": goals}, indent=2))
    else:
        print("\n".join(remarks), "", table(times, found, ours), "", sep="\n")
        for goal, wanted, ratio in judged:
            if wanted is None:
                print(f"       {goal}: x {ratio:.1f}")
            else:
                print(f"{'met   ' if ratio >= wanted else 'MISSED'} {goal}: x {ratio:.1f}, wanted x {wanted:g}")
    return 1 if options.check and any(ratio < (wanted or 0) for _, wanted, ratio in judged) else 0


if __name__ == "__main__":
    sys.exit(main())
