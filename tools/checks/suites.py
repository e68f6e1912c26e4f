"""Runs the test suites, and compares the time of each with its budget."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from localcloud import LOCALSTACK, engines
from tools.errors import UsageProblem
from tools.project import Project
from tools.terminal.console import Console
from tools.terminal.suggestions import did_you_mean

# Minutes on 2 cores. A suite that exceeds its budget says so; slow tests belong to the long runs (`--full`).
BUDGETS_MIN = {
    "unit": 2.5,
    "localcloud": 3.0,
    "terraform": 5.0,
    "integration": 11.0,
    "localstack": 6.0,
    "features": 4.0,
}
# Further deployments: on another engine, which needs what not every machine has, and with every feature left out.
_NOT_OF_ALL = {"localstack", "features"}
# Terraform's provider sleeps through most of a deployment, so this suite runs beside the others.
_BESIDE = "integration"
_FOLDERS = {"localstack": "tests/integration"}
# Tests of emulators mostly wait, so more of them run than there are cores. The tests of a file share what they start,
# so they stay together.
_OPTIONS = {
    "unit": ("--numprocesses", "auto", "--maxprocesses", "4", "--dist", "loadfile"),
    "localcloud": ("--numprocesses", "3", "--dist", "loadfile"),
    "localstack": ("--engine", "localstack"),
    # Both engines at once: a deployment mostly waits.
    "features": ("--numprocesses", "2"),
}
_NOTHING_COLLECTED = 5
_RESULTS = {0: "passed", _NOTHING_COLLECTED: "no tests"}


def run(project: Project, suite: str, arguments: Sequence[str], console: Console) -> int:
    """Run one suite, or all of them; return an exit code.

    Parameters
    ----------
    suite
        A key of `BUDGETS_MIN`, or `all`, which is what `make test` runs. A suite after a failed one still runs: one run
        shows everything. The integration suite runs beside the others, and its output follows theirs.
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
    chosen = [name for name in BUDGETS_MIN if suite == name or (suite == "all" and name not in _NOT_OF_ALL)]
    rows: list[tuple[str, str, str, str]] = []
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        running = {name: _Suite(project, name, arguments, Path(folder, name)) for name in chosen[1:] if name == _BESIDE}
        try:
            for name in chosen:
                running[name] = running.get(name) or _Suite(project, name, arguments)
                code, minutes = running[name].end()
                failed = failed or code not in _RESULTS
                verdict = "over" if minutes > BUDGETS_MIN[name] else "within"
                result = _RESULTS.get(code, f"FAILED ({code})")
                rows.append((name, result, f"{minutes:.1f} min", f"{verdict} {BUDGETS_MIN[name]:g}"))
        finally:
            for started in running.values():
                started.stop()
    # What one suite alone says last is its own, unless something is wrong.
    if len(rows) > 1 or failed or any("over" in row[3] for row in rows):
        console.table("Test suites", ("suite", "result", "time", "budget (min)"), rows)
    nothing = all(row[1] == "no tests" for row in rows)
    return 1 if failed or nothing else 0


class _Suite:
    """A suite that runs.

    Parameters
    ----------
    output
        A file for what it prints, which `end` shows. Without it, it prints to the terminal.
    """

    def __init__(self, project: Project, name: str, arguments: Sequence[str], output: Path | None = None) -> None:
        self._output = output
        self._started = time.time()
        folder, options = _FOLDERS.get(name, f"tests/{name}"), _OPTIONS.get(name, ())
        with output.open("wb") if output else nullcontext() as file:
            self._pytest = subprocess.Popen(
                [sys.executable, "-m", "pytest", folder, *options, *arguments],
                cwd=project.root,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
                stdout=file,
                stderr=file,
            )

    def end(self) -> tuple[int, float]:
        """Wait for its end; return pytest's exit code, and the minutes that it took."""
        if self._output is None:
            return self._pytest.wait(), (time.time() - self._started) / 60
        with self._output.open("rb") as file:
            ended = False
            while not ended:
                ended = self._pytest.poll() is not None
                shutil.copyfileobj(file, sys.stdout.buffer)
                sys.stdout.buffer.flush()
                time.sleep(0 if ended else 0.2)
        # It may have ended long ago, while others ran.
        return self._pytest.returncode, (self._output.stat().st_mtime - self._started) / 60

    def stop(self) -> None:
        """End it, unless it has ended; it cleans up as after Ctrl-C."""
        if self._pytest.poll() is None:
            self._pytest.send_signal(signal.SIGINT)
            self._pytest.wait()
