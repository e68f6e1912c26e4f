"""What becomes of a mutant: the tests that can touch it, the cheapest first, until one fails."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.mutants.mutant import Mutant
from tests.terraform.scratch import initialised, terraform_test, write_fake_build
from tools.project import find_project

ROOT = find_project().root
# A loop without an end is a mutant that was noticed.
TIMEOUT_S = 300
KILLED, SURVIVED, INVALID = "killed", "survived", "invalid"
# pytest's exit code where no test was chosen
_NO_TESTS = 5
_READ_TABLES = ["tests/unit/test_keys.py", "tests/unit/test_one_list.py", "tests/unit/functions/test_permissions.py"]
_READ_CONTRACT = [
    "tests/unit/functions/test_contract.py",
    "tests/unit/functions/test_contract_bounds.py",
    "tests/unit/test_one_list.py",
    "tests/unit/functions/test_get_update_delete.py",
    "tests/unit/functions/test_list_items.py",
    "tests/unit/functions/test_create_upload.py",
    "tests/unit/functions/test_list_images.py",
    "tests/unit/functions/test_health.py",
]
_READ_TERRAFORM = ["tests/terraform/test_anatomy.py", "tests/terraform/test_order.py"]
_MOST_TESTS = 400

Touched = dict[str, Any]
Stage = Callable[[], str]


def copy_of_the_project(target: Path) -> Path:
    """Copy what git has of the project, with the tools' environment linked to it."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target / name)
    (target / ".venv").symlink_to(ROOT / ".venv")
    return target


def tests_touching(mutant: Mutant, touched: Touched) -> list[str]:
    """Return the tests that run the mutant's line, the quickest first; for a line run by imports, its module's."""
    name = mutant.path.removeprefix("lambda_src/")
    of_module = {test: found for test, found in touched.items() if name in found["lines"]}
    of_line = {test: found for test, found in of_module.items() if mutant.line in found["lines"][name]}
    chosen = of_line or of_module
    return sorted(chosen, key=lambda test: float(chosen[test]["seconds"]))[:_MOST_TESTS]


@dataclass
class Worker:
    """A copy of the project in which one mutant after another lives.

    Parameters
    ----------
    folder
        The copy.
    touched
        What the plugin `touched` found.
    """

    folder: Path
    touched: Touched

    def judge(self, mutant: Mutant) -> str:
        """Return KILLED, SURVIVED, or INVALID where Terraform cannot read it."""
        file = self.folder / mutant.path
        before = file.read_text(encoding="utf-8")
        file.write_text(mutant.applied(before), encoding="utf-8")
        try:
            return next((found for stage in self._stages(mutant) if (found := stage()) != SURVIVED), SURVIVED)
        finally:
            file.write_text(before, encoding="utf-8")

    def _stages(self, mutant: Mutant) -> Iterator[Stage]:
        match mutant.area:
            case "handlers":
                tests = tests_touching(mutant, self.touched)
                yield lambda: self._pytest(tests) if tests else SURVIVED
            case "security":
                yield lambda: self._pytest(_READ_TABLES)
                yield lambda: self._terraform("security")
            case "contract":
                yield lambda: self._pytest(_READ_CONTRACT)
                yield lambda: self._terraform("api-gateway")
            case _:
                yield lambda: self._pytest(_READ_TERRAFORM)
                folder = str(Path(mutant.path).parent)
                while folder != ".":
                    yield lambda folder=folder: self._terraform(folder)  # type: ignore[misc]
                    folder = str(Path(folder).parent)
                for environment in ("dev", "prod"):
                    yield lambda environment=environment: self._whole(environment)  # type: ignore[misc]

    def _pytest(self, tests: list[str]) -> str:
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
        try:
            code = subprocess.run(
                command,
                cwd=self.folder,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
                capture_output=True,
                check=False,
                timeout=TIMEOUT_S,
                stdin=subprocess.DEVNULL,
            ).returncode
        except subprocess.TimeoutExpired:
            return KILLED
        assert code != _NO_TESTS, tests
        return SURVIVED if code == 0 else KILLED

    def _terraform(self, folder: str) -> str:
        if not list((self.folder / folder).glob("*.tftest.hcl")):
            return SURVIVED
        return _verdict(terraform_test(initialised(self.folder / folder)).statuses)

    def _whole(self, environment: str) -> str:
        write_fake_build(self.folder)
        named = [f"-filter=tests/terraform/{environment}.tftest.hcl", f"-var-file=environments/{environment}.tfvars"]
        outcome = terraform_test(initialised(self.folder), "-test-directory=tests/terraform", *named)
        return _verdict(outcome.statuses)


def _verdict(statuses: Any) -> str:
    if not statuses:
        return INVALID
    return SURVIVED if set(statuses.values()) == {"pass"} else KILLED


def look_which_tests_touch_what(target: Path) -> Touched:
    """Run the functions' unit tests once and return what they touch.

    Raises
    ------
    AssertionError
        They fail as they are: nothing would be learnt from a mutant.
    """
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.mutants.touched", "tests/unit/functions"],
        cwd=ROOT,
        env={**os.environ, "MUTANTS_TOUCHED": str(target), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return dict(json.loads(target.read_text(encoding="utf-8")))
