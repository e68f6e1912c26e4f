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
# Times a bare `import json`, interpreter start included: a ratio, so that a slow machine does not fail it.
BUDGET = {"authorizers.rest_authorizer": 14.0}
DEFAULT_BUDGET = 9.0
# Slow to import, and not needed by every request.
LAZY = ("boto3", "botocore.client", "fastjsonschema", "aws_lambda_powertools.utilities.idempotency")


def _load(module: str) -> tuple[float, set[str]]:
    code = f"import time; s = time.perf_counter(); import {module}, sys, json; t = time.perf_counter() - s; "
    code += "print(json.dumps([t, sorted(sys.modules)]))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=SOURCES, text=True)
    seconds, modules = json.loads(answer.stdout)
    return seconds, set(modules)


@cache
def _start() -> float:
    """Return the seconds that an interpreter takes to start and import json: the unit of the budget."""
    import time

    def once() -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import json"], check=True)
        return time.perf_counter() - started

    return min(once() for _ in range(5))


@pytest.mark.parametrize("module", HANDLERS)
def test_a_handler_imports_within_its_budget(module: str) -> None:
    budget = BUDGET.get(module, DEFAULT_BUDGET)
    ratio = min(_load(module)[0] for _ in range(3)) / _start()
    assert ratio < budget, f"{module} takes {ratio:.1f} times as long to import as `python -c 'import json'` takes"


@pytest.mark.parametrize("module", HANDLERS)
def test_a_handler_imports_nothing_that_can_wait(module: str) -> None:
    loaded = _load(module)[1]
    assert loaded.isdisjoint(LAZY), f"{module} imports {sorted(loaded.intersection(LAZY))} at start"
    if module.startswith("crud_api."):
        assert "jwt" not in loaded
        assert "cryptography" not in loaded


def test_no_package_hides_a_standard_module() -> None:
    names = {path.name.removesuffix(".py") for path in SOURCES.iterdir()}
    assert names.isdisjoint(sys.stdlib_module_names)


def test_packages_run_nothing() -> None:
    """A zip holds what a handler imports; an `__init__` that imports would pull its whole package in."""
    assert [path for path in SOURCES.rglob("__init__.py") if path.read_text(encoding="utf-8")] == []
