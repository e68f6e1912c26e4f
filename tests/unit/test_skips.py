"""A skip says that this machine lacks something, by name; what is there and fails is a failure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
MAY_LACK = {"check", "find_interpreter"}
"""What looks at the machine, and changes nothing: whether an engine can run here, and which Pythons there are."""


def _calls(nodes: list[ast.stmt]) -> Iterator[str]:
    for node in nodes:
        for call in ast.walk(node):
            if isinstance(call, ast.Call):
                function = call.func
                yield function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "?")


def test_only_what_looks_at_the_machine_may_end_in_a_skip() -> None:
    found = []
    for path in sorted(TESTS.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Try) and "skip" in {name for each in node.handlers for name in _calls(each.body)}:
                found.append((path, set(_calls(node.body)) - {"make"}))
    assert len(found) >= 3
    assert [(path, calls) for path, calls in found if not calls <= MAY_LACK] == []


def test_a_package_that_cannot_be_imported_is_a_failure() -> None:
    """All of them are in the lock that `make setup-dev` installs."""
    asked = f"importor{'skip'}"
    assert [path for path in TESTS.rglob("*.py") if asked in path.read_text(encoding="utf-8")] == []
