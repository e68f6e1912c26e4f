"""Who may import whom: rooms in one direction, and no circle anywhere."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TREES = {"lambda_src": ROOT / "lambda_src", "tools": ROOT, "localcloud": ROOT}
HANDLERS = {"authorizers", "crud_api", "processors", "scheduled", "websocket"}
# What a room of `lambda_src/` may import, beside itself. Handlers may import all of it, and no other handler's room.
FUNCTIONS = {
    "domain": set[str](),
    "runtime": {"domain"},
    "aws": {"domain", "runtime"},
    "auth": {"aws", "domain", "runtime"},
    "web": {"aws", "domain", "runtime"},
}
# What a room of `tools/` may import. `errors`, `programs` and `project` are modules at its top.
TOOLS = {
    "errors": set[str](),
    "programs": {"errors"},
    "project": {"errors", "programs"},
    "terminal": {"errors"},
    "build": {"errors", "programs", "project"},
    "access": {"build", "errors", "programs", "project", "terminal"},
    "deployment": {"access", "build", "errors", "programs", "project", "terminal"},
    "operations": {"access", "errors", "project", "terminal"},
    "checks": {"access", "deployment", "errors", "programs", "project", "terminal"},
    "docs": {"checks", "errors", "project"},
    "scaffold": {"errors", "project", "terminal"},
    "commands": {
        "access",
        "build",
        "checks",
        "deployment",
        "docs",
        "errors",
        "operations",
        "project",
        "scaffold",
        "terminal",
    },
    "cli": {"commands", "errors", "project", "terminal"},
    "__main__": {"build", "cli", "errors", "terminal"},
}


@cache
def modules(tree: str) -> dict[str, Path]:
    """Return the modules of a tree, by dotted name."""
    base = TREES[tree]
    folder = base if tree == "lambda_src" else base / tree
    found = {}
    for path in folder.rglob("*.py"):
        name = ".".join(path.relative_to(base).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """Yield the modules among `known` that a file imports, those of type checkers too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if inner in known:
                    yield inner
                elif node.module in known:
                    yield node.module


@cache
def arrows(tree: str) -> dict[str, set[str]]:
    """Return who imports whom within a tree."""
    known = modules(tree)
    return {name: set(imports(path, known)) - {name} for name, path in known.items()}


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Return a circle of imports, or nothing."""
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for other in sorted(graph.get(name, ())):
            if found := visit(other, [*path, name]):
                return found
        done.add(name)
        return []

    return next((found for name in sorted(graph) if (found := visit(name, []))), [])


@pytest.mark.parametrize("tree", TREES)
def test_there_is_no_circle(tree: str) -> None:
    # A package's __init__ that re-exports its own modules is not one: nothing in the package imports the package.
    assert circle(arrows(tree)) == []


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def _rooms(graph: dict[str, set[str]], depth: int) -> dict[str, set[str]]:
    rooms: dict[str, set[str]] = {}
    for name, others in graph.items():
        if name.count(".") >= depth or name in HANDLERS | set(FUNCTIONS):
            room = name.split(".")[depth]
            rooms.setdefault(room, set()).update(
                other.split(".")[depth] for other in others if other.count(".") >= depth
            )
    return {room: others - {room} for room, others in rooms.items()}


def test_functions_import_in_one_direction() -> None:
    rooms = _rooms(arrows("lambda_src"), 0)
    assert set(rooms) == HANDLERS | set(FUNCTIONS)
    allowed = FUNCTIONS | {handlers: set(FUNCTIONS) for handlers in HANDLERS}
    assert {room: others - allowed[room] for room, others in rooms.items() if others - allowed[room]} == {}


def test_what_serves_one_handlers_room_is_below_it() -> None:
    """Nothing outside a handler's room imports it."""
    graph = arrows("lambda_src")
    for name, others in graph.items():
        for other in others:
            room = other.split(".")[0]
            assert room not in HANDLERS or name.split(".")[0] == room, f"{name} imports {other}"


def test_tools_import_in_one_direction() -> None:
    rooms = _rooms(arrows("tools"), 1)
    assert set(rooms) == set(TOOLS)
    assert {room: others - TOOLS[room] for room, others in rooms.items() if others - TOOLS[room]} == {}


@pytest.mark.parametrize("tree", ["localcloud", "lambda_src"])
def test_a_tree_stands_alone(tree: str) -> None:
    forbidden = {name for other in TREES if other != tree for name in modules(other)}
    for path in modules(tree).values():
        assert set(imports(path, dict.fromkeys(forbidden, path))) == set(), path


def test_a_name_stands_for_one_thing() -> None:
    names = Counter(path.stem for path in modules("lambda_src").values())
    # Each package says what goes wrong in it.
    assert {name for name, count in names.items() if count > 1} == {"__init__", "errors"}
