"""The items API with every feature left out, on each engine; reached as an endpoint, from another directory."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import localcloud
from localcloud import engines
from tests.integration.checkout import clean_environment, copy_project
from tests.integration.sweep import leftovers
from tools.access.environments import find
from tools.access.tokens import client
from tools.errors import MachineProblem
from tools.project import Project

_VARIABLE = re.compile(r'^variable "features" \{.*?^\}', re.MULTILINE | re.DOTALL)
_CHOSEN = re.compile(r"^features = \{.*?^\}\n", re.MULTILINE | re.DOTALL)
_COUNTED = re.compile(r"Integration tests on \w+ \(environment \w+\): (\d+) ran, (\d+) skipped")
LEAST = 40
"""How many tests of the items API there are at least: fewer, and something was not collected."""


def leave_everything_out(root: Path, environment: str) -> None:
    """Switch every feature of the root's variable off in one environment."""
    variable = _VARIABLE.search((root / "variables.tf").read_text(encoding="utf-8"))
    assert variable
    names = re.findall(r"^ +(\w+) += optional\(bool, true\)", variable[0], re.MULTILINE)
    assert "websocket" in names
    file = root / "environments" / f"{environment}.tfvars"
    kept = _CHOSEN.sub("", file.read_text(encoding="utf-8"))
    switches = "\n".join(f"  {name} = false" for name in names)
    file.write_text(f"{kept}\nfeatures = {{\n{switches}\n}}\n", encoding="utf-8")


@pytest.fixture(params=list(engines.KINDS))
def kind(request: pytest.FixtureRequest) -> engines.Kind:
    return engines.kind(request.param)


@pytest.fixture
def project(kind: engines.Kind, tmp_path: Path) -> Iterator[Project]:
    made = Project(copy_project(tmp_path / "project"))
    leave_everything_out(made.root, kind.environment)
    yield made
    localcloud.down(made, kind.name)


@pytest.fixture
def cloud(kind: engines.Kind, project: Project) -> localcloud.Cloud:
    """The running engine; skipped on a machine without what it needs, and failed where it cannot be installed."""
    try:
        engines.make(project, kind.name).check()
    except MachineProblem as lacking:
        pytest.skip(lacking.problem)
    return localcloud.up(project, kind.name)


def test_the_items_api_passes_its_own_tests(kind: engines.Kind, project: Project, cloud: localcloud.Cloud) -> None:
    tests = project.root / "tests" / "integration" / "test_items.py"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", str(tests), "-q", "-p", "no:cacheprovider", "--endpoint-url", cloud.url],
        cwd="/",
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    ran, _ = map(int, _COUNTED.findall(done.stdout)[-1])
    assert ran >= LEAST, done.stdout
    environment = find(project, kind.environment, cloud.url)
    assert leftovers(lambda service: client(environment, service)) == {}
