"""Actions that run when a module is imported."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from localcloud.localstack.host.gateway.on_import import call_after


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that can be imported and has not been imported yet."""
    name = "imported_later_than_its_fixes"
    (tmp_path / f"{name}.py").write_text("value = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.delitem(sys.modules, name, raising=False)
    return name


def test_an_action_runs_once_after_the_import(module: str) -> None:
    seen: list[int] = []
    call_after(module, lambda: seen.append(sys.modules[module].value))
    assert seen == []
    before = len(sys.meta_path)
    for _ in range(2):
        importlib.import_module(module)
    assert seen == [1]
    assert len(sys.meta_path) == before - 1


def test_an_action_for_an_imported_module_runs_at_once(module: str) -> None:
    importlib.import_module(module)
    seen: list[str] = []
    call_after(module, lambda: seen.append(module))
    assert seen == [module]


def test_several_actions_wait_for_one_module(module: str) -> None:
    seen: list[str] = []
    for name in ("first", "second"):
        call_after(module, lambda name=name: seen.append(name))  # type: ignore[misc]
    importlib.import_module(module)
    assert sorted(seen) == ["first", "second"]
