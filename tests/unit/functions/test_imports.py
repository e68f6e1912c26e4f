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
# KiB of Python source that importing a handler reads, beyond a bare interpreter's. Unlike a time it is the same on
# every machine; `make bench-cold` has the times. Those that verify tokens import cryptography.
BUDGET_KIB = {
    "authorizers.rest_authorizer": 3600,
    "websocket.websocket_connect": 3600,
    "processors.image_processor": 2600,
}
DEFAULT_BUDGET_KIB = 2500
# Slow to import, and not needed by every request, or only where Lambda initialises the function.
LAZY = {"boto3", "botocore.client", "fastjsonschema"}
_LOADING = """
import sys
bare = set(sys.modules)
import {module}
import json
loaded = set(sys.modules) - bare
files = [getattr(sys.modules[name], "__file__", None) for name in loaded]
print(json.dumps([[file for file in files if file], sorted(loaded)]))
"""


@cache
def _load(module: str) -> tuple[float, set[str]]:
    """Return the KiB of source that a new process reads to import the module, and the modules that it then has."""
    code = _LOADING.format(module=module)
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=SOURCES, text=True)
    files, modules = json.loads(answer.stdout)
    return sum(Path(file).stat().st_size for file in files if file.endswith(".py")) / 1024, set(modules)


@pytest.mark.parametrize("module", HANDLERS)
def test_a_handler_imports_within_its_budget(module: str) -> None:
    size, budget = _load(module)[0], BUDGET_KIB.get(module, DEFAULT_BUDGET_KIB)
    assert size < budget, f"{module} imports {size:.0f} KiB of source, its budget is {budget}"


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
