"""Change the project in some hundred small ways, and list the changes that no test notices: `make test-mutants`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.mutant import Mutant
from tests.mutants.population import SHARES, drawn, is_another, population
from tests.mutants.runner import (
    INVALID,
    KILLED,
    ROOT,
    SURVIVED,
    Worker,
    copy_of_the_project,
    look_which_tests_touch_what,
)

EQUIVALENT = Path(__file__).with_name("equivalent.txt")


def equivalent() -> set[tuple[str, str, str]]:
    """Return the mutants that behave as the project does: file, line as it was, line as it is; each with its reason."""
    found = set()
    for line in EQUIVALENT.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            path, before, after, reason = (part.strip() for part in line.split(" || "))
            assert reason, line
            found.add((path, before, after))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 where enough mutants were killed, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=220, help="how many mutants (220)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--area", choices=SHARES, help="of one area alone")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threshold", type=float, default=97.0, help="percent that have to be killed (97)")
    parser.add_argument("--touched", type=Path, help="what an earlier run found of which tests touch which lines")
    chosen = parser.parse_args(arguments)
    known = equivalent()
    mutants = [
        mutant
        for mutant in drawn(population(ROOT), chosen.count, chosen.seed, lambda mutant: is_another(mutant, ROOT))
        if chosen.area in {None, mutant.area} and (mutant.path, *_shown(mutant)) not in known
    ]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        kept = chosen.touched
        touched = json.loads(kept.read_text()) if kept else look_which_tests_touch_what(Path(folder) / "touched.json")
        workers: SimpleQueue[Worker] = SimpleQueue()
        for number in range(chosen.workers):
            workers.put(Worker(copy_of_the_project(Path(folder) / str(number) / "project"), touched))

        def judge(mutant: Mutant) -> tuple[Mutant, str, float]:
            worker = workers.get()
            started = time.monotonic()
            try:
                return mutant, worker.judge(mutant), time.monotonic() - started
            finally:
                workers.put(worker)

        found = {KILLED: 0, SURVIVED: 0, INVALID: 0}
        with ThreadPoolExecutor(chosen.workers) as pool:
            for number, (mutant, verdict, seconds) in enumerate(pool.map(judge, mutants), 1):
                found[verdict] += 1
                before, after = _shown(mutant)
                said = f"\n    {before}\n    {after}" if verdict == SURVIVED else ""
                print(
                    f"{number}/{len(mutants)} {verdict} {mutant.path}:{mutant.line} ({seconds:.0f} s){said}", flush=True
                )
    judged = found[KILLED] + found[SURVIVED]
    share = 100 * found[KILLED] / judged if judged else 0.0
    print(f"{found[KILLED]} of {judged} mutants killed ({share:.1f} %); Terraform could not read {found[INVALID]} more")
    return 0 if share >= chosen.threshold else 1


def _shown(mutant: Mutant) -> tuple[str, str]:
    return mutant.shown((ROOT / mutant.path).read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
