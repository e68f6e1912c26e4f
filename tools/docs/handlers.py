"""What only the handlers' code says about the API: the scope that each operation needs, and the problem types.

The code is parsed, not imported: handlers make AWS clients when they are imported, and need packages of their layers.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from tools.project import Project


@dataclass(frozen=True)
class Handler:
    """A function that answers an operation.

    Parameters
    ----------
    function
        Its name, such as `create-item`.
    scope
        What a token has to grant; empty for a public operation.
    anonymous
        Whether an environment may let callers without a token use it.
    """

    function: str
    scope: str
    anonymous: bool


@dataclass(frozen=True, order=True)
class ProblemType:
    """One problem that handlers answer with; `detail` has names in braces for what depends on the request."""

    status: int
    kind: str
    detail: str


def handlers(project: Project) -> dict[str, Handler]:
    """Return the handlers by the operation that they answer."""
    found = {}
    for path, tree in _modules(project):
        for call in _calls(tree, "Operation"):
            if not call.args:
                continue
            options = {keyword.arg: keyword.value for keyword in call.keywords}
            scope = _text(options["scope"], tree, project) if "scope" in options else ""
            anonymous = isinstance(options.get("anonymous"), ast.Constant)
            found[_text(call.args[0], tree, project)] = Handler(path.stem.replace("_", "-"), scope, anonymous)
    return found


def problem_types(project: Project) -> list[ProblemType]:
    """Return the problems that have a type of their own, by status and name."""
    found = set()
    for _, tree in _modules(project):
        for call in _calls(tree, "Problem"):
            status, kind, detail = (_text(argument, tree, project) for argument in (*call.args, *[None] * 3)[:3])
            if kind:
                found.add(ProblemType(int(status), kind, detail))
    return sorted(found)


def title(status: int) -> str:
    """Return the name of an HTTP status by RFC 9110; Python before 3.13 has two of them by their old names."""
    return {413: "Content Too Large", 422: "Unprocessable Content"}.get(status) or HTTPStatus(status).phrase


def _modules(project: Project) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(project.sources.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "Problem(" in text or "Operation(" in text:
            yield path, ast.parse(text)


def _calls(tree: ast.Module, name: str) -> list[ast.Call]:
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [node for node in nodes if isinstance(node.func, ast.Name) and node.func.id == name]


def _text(node: ast.expr | None, tree: ast.Module, project: Project) -> str:
    """Return an expression's value: a literal, or a name that this module assigns or imports; `...` for anything else.

    What a formatted string inserts stands in braces, by its last name: `{scope}` for `operation.scope`.
    """
    if node is None:
        return ""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(p.value) if isinstance(p, ast.Constant) else f"{{{_last_name(p)}}}" for p in node.values)
    if isinstance(node, ast.Name):
        for statement in ast.walk(tree):
            if isinstance(statement, ast.Assign) and any(_is(target, node.id) for target in statement.targets):
                return _text(statement.value, tree, project)
        for statement in tree.body:
            if isinstance(statement, ast.ImportFrom) and any(alias.name == node.id for alias in statement.names):
                source = project.sources / f"{(statement.module or '').replace('.', '/')}.py"
                if source.is_file():
                    return _text(node, ast.parse(source.read_text(encoding="utf-8")), project)
    return "..."


def _last_name(part: ast.expr) -> str:
    return ast.unparse(part).strip("f'\"{}").rpartition(".")[2]


def _is(target: ast.expr, name: str) -> bool:
    return isinstance(target, ast.Name) and target.id == name
