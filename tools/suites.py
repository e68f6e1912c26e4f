"""Runs the test suites, cheapest first, and compares the time of each with its budget."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from localcloud import LOCALSTACK, engines
from tools.console import Console
from tools.errors import UsageProblem
from tools.project import Project
from tools.suggestions import did_you_mean

# Minutes on 2 cores. A suite that exceeds its budget says so; slow tests belong to the long runs (`--full`).
BUDGETS_MIN = {
    "unit": 1.25,
    "localcloud": 2.0,
    "terraform": 3.5,
    "integration": 5.0,
    "localstack": 6.0,
    "features": 4.0,
}
# Further deployments: on another engine, which needs what not every machine has, and with every feature left out.
_NOT_OF_ALL = {"localstack", "features"}
_FOLDERS = {"localstack": "tests/integration"}
# Tests of emulators mostly wait, so more of them run than there are cores. The tests of a file share what they start,
# so they stay together.
_OPTIONS = {
    "unit": ("--numprocesses", "auto", "--maxprocesses", "4", "--dist", "loadfile"),
    "localcloud": ("--numprocesses", "4", "--dist", "loadfile"),
    "localstack": ("--engine", "localstack"),
    # Both engines at once: a deployment mostly waits.
    "features": ("--numprocesses", "2"),
}
_NOTHING_COLLECTED = 5


def run(project: Project, suite: str, arguments: Sequence[str], console: Console) -> int:
    """Run one suite, or all of them; return an exit code.

    Parameters
    ----------
    suite
        A key of `BUDGETS_MIN`, or `all`, which is what `make test` runs. A suite after a failed one still runs: one run
        shows everything.
        Nothing to run in any suite is a failure: a mistyped `-k` must not pass.
    arguments
        Given to pytest as they are.

    Raises
    ------
    MachineProblem
        LocalStack cannot run here; said before any test is begun.
    """
    if suite not in {*BUDGETS_MIN, "all"}:
        raise UsageProblem(
            f"There is no suite {suite!r}; there are: {', '.join(BUDGETS_MIN)}.{did_you_mean(suite, BUDGETS_MIN)}",
            "python -m tools test",
        )
    if suite == LOCALSTACK:
        engines.make(project, LOCALSTACK).check()
    rows: list[tuple[str, str, str, str]] = []
    failed = False
    for name, budget in BUDGETS_MIN.items():
        if suite != name and (suite != "all" or name in _NOT_OF_ALL):
            continue
        started = time.monotonic()
        code = subprocess.run(
            [sys.executable, "-m", "pytest", _FOLDERS.get(name, f"tests/{name}"), *_OPTIONS.get(name, ()), *arguments],
            cwd=project.root,
            check=False,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        ).returncode
        minutes = (time.monotonic() - started) / 60
        failed = failed or code not in {0, _NOTHING_COLLECTED}
        verdict = "over" if minutes > budget else "within"
        result = {0: "passed", _NOTHING_COLLECTED: "no tests"}.get(code, f"FAILED ({code})")
        rows.append((name, result, f"{minutes:.1f} min", f"{verdict} {budget:g}"))
    # What one suite alone says last is its own, unless something is wrong.
    if len(rows) > 1 or failed or any("over" in row[3] for row in rows):
        console.table("Test suites", ("suite", "result", "time", "budget (min)"), rows)
    nothing = all(row[1] == "no tests" for row in rows)
    return 1 if failed or nothing else 0
