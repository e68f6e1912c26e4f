"""What a module imports and offers, read from its syntax tree without importing it."""

from __future__ import annotations

from tools.build.binding import binding_of
from tools.build.guards import (
    asks_for_the_platform,
    catches_import_error,
    strings,
    suppresses_import_error,
    unseen_branch,
)
from tools.build.syntax import branches, kind_of, parse, source_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tools.build.binding import Binding

    # (dotted name, line, required, from-import candidates)
    Import = tuple[str, int, bool, tuple[str, ...]]
    # The handler, the imports, and what is in `__all__`
    Scan = tuple[Binding | None, tuple[Import, ...], tuple[str, ...]]

# The name that a star import has, and that stands in `__all__` for what is computed
STAR = "*"


def scan(source: bytes, path: str) -> Scan:
    """Return what the module's top-level `handler` is, its imports, and the names that it exports.

    Imports inside functions count. Those under `if TYPE_CHECKING:` do not. Those that the code is ready to do without
    are not required: in a `try` that catches `ImportError`, under `suppress(ImportError)`, behind a condition on
    Python's version or the platform, and of a module that `find_spec` is asked for.

    Parameters
    ----------
    source
        The file's bytes.
    path
        Relative to `lambda_src/`; names the file in errors and anchors relative imports.

    Raises
    ------
    BuildProblem
        When the file does not compile.
    """
    tree = parse(source, path)
    package = path.split("/")[:-1]
    found: list[Import] = []
    exported: list[str] = []
    waiting = [(tree, True)]
    while waiting:
        node, required = waiting.pop()
        kind = kind_of(node)
        if kind == "Import":
            found += [(alias.name, node.lineno, required, ()) for alias in node.names]
        elif kind == "ImportFrom":
            found.append((source_of(node, package), node.lineno, required, tuple(alias.name for alias in node.names)))
            exported += [STAR for alias in node.names if (alias.asname or alias.name) == "__all__"]
        else:
            exported += _exported(kind, node)
            # Expressions hold no import statement, so only statements are walked
            waiting += _inside(kind, node, required)[::-1]
    if b"find_spec" in source:
        asked = strings(tree)
        found = [(one[0], one[1], one[2] and not _is_asked_for(one, asked), one[3]) for one in found]
    handler = binding_of("handler", tree, package) if b"handler" in source else None
    return handler, tuple(found), tuple(exported)


def _inside(kind: str, node: Any, required: bool) -> list[tuple[Any, bool]]:
    """Return the statements in a statement, each with whether an import there is required."""
    optional: tuple[str, ...] = ()
    unseen = unseen_branch(node.test) if kind == "If" else ""
    if (kind == "If" and asks_for_the_platform(node.test)) or (kind == "Match" and asks_for_the_platform(node.subject)):
        optional = ("body", "orelse", "cases")
    elif kind in ("Try", "TryStar") and any(catches_import_error(handler.type) for handler in node.handlers):
        optional = ("body", "orelse")
    elif kind == "With" and any(suppresses_import_error(item.context_expr) for item in node.items):
        optional = ("body",)
    return [(child, required and part not in optional) for part, child in branches(node) if part != unseen]


def _is_asked_for(found: Import, asked: set[str]) -> bool:
    """Whether an import's module, a package that it is in, or a name that is imported from it is among the strings."""
    name, _, _, candidates = found
    parts = name.split(".")
    names = [".".join(parts[: depth + 1]) for depth in range(len(parts))]
    return not asked.isdisjoint([*names, *(f"{name}.{candidate}" for candidate in candidates)])


def _exported(kind: str, node: Any) -> list[str]:
    """Return the names that a statement puts into `__all__`."""
    if kind == "Assign":
        return _names(node.value) if any(getattr(target, "id", "") == "__all__" for target in node.targets) else []
    if kind in ("AugAssign", "AnnAssign"):
        return _names(node.value) if node.value and getattr(node.target, "id", "") == "__all__" else []
    call: Any = node.value if kind == "Expr" else None
    if kind_of(call) == "Call" and getattr(getattr(call.func, "value", None), "id", "") == "__all__":
        return [name for argument in call.args for name in _names(argument)]
    return []


def _names(value: Any) -> list[str]:
    """Return the strings that an expression for `__all__` is written with, and STAR for a part that is computed.

    Another module's `__all__` adds none: that module's own star import brings what it names.
    """
    kind = kind_of(value)
    if kind == "Constant" and isinstance(value.value, str):
        return [value.value]
    if kind in ("List", "Tuple", "Set"):
        return [name for part in value.elts for name in _names(part)]
    if kind == "BinOp":
        return _names(value.left) + _names(value.right)
    if kind == "Starred":
        return _names(value.value)
    return [] if "__all__" in (getattr(value, "attr", ""), getattr(value, "id", "")) else [STAR]
