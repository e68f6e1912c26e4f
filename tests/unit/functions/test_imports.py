"""What a function loads before its first request: bounded in time, and free of what it does not always need."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.unit.functions.support.application import MODULES

SOURCES = Path(__file__).resolve().parents[3] / "lambda_src"
HANDLERS = sorted(MODULES.values())
# Processor time of a process that imports the handler, in times of one that imports json: a ratio, and no wall time, so
# that a slow or busy machine does not fail it. Those that verify tokens import cryptography.
BUDGET = {
    "authorizers.rest_authorizer": 18.0,
    "websocket.websocket_connect": 18.0,
    # The walks over five formats are compiled each time here.
    "processors.image_processor": 14.0,
}
DEFAULT_BUDGET = 10.0
# Slow to import, and not needed by every request, or only where Lambda initialises the function.
LAZY = {"boto3", "botocore.client", "fastjsonschema"}


def _load(module: str) -> tuple[float, set[str]]:
    """Return processor seconds of a new process that imports the module, and the modules that it then has."""
    code = f"import {module}, json, sys, time; print(json.dumps([time.process_time(), sorted(sys.modules)]))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=SOURCES, text=True)
    seconds, modules = json.loads(answer.stdout)
    return seconds, set(modules)


@cache
def _bare() -> float:
    return min(_load("json")[0] for _ in range(6))


@pytest.mark.parametrize("module", HANDLERS)
def test_a_handler_imports_within_its_budget(module: str) -> None:
    ratio = min(_load(module)[0] for _ in range(3)) / _bare()
    budget = BUDGET.get(module, DEFAULT_BUDGET)
    assert ratio < budget, f"{module} takes {ratio:.1f} times as long to import as json, its budget is {budget}"


@pytest.mark.parametrize("module", HANDLERS)
def test_a_handler_imports_nothing_that_can_wait(module: str) -> None:
    loaded = _load(module)[1]
    unwanted = LAZY & loaded
    assert not unwanted, f"{module} imports {sorted(unwanted)} at start"
    if module.rpartition(".")[2] not in {"rest_authorizer", "websocket_connect"}:
        assert "jwt" not in loaded
        assert "cryptography" not in loaded


def test_no_package_hides_a_standard_module() -> None:
    names = {path.name.removesuffix(".py") for path in SOURCES.iterdir()}
    assert names.isdisjoint(sys.stdlib_module_names)


def test_packages_run_nothing() -> None:
    """A zip holds what a handler imports; an `__init__` that imports would pull its whole package in."""
    assert [path for path in SOURCES.rglob("__init__.py") if path.read_text(encoding="utf-8")] == []
