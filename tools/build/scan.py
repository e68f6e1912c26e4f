"""What a module imports, read from its syntax tree without importing it."""

from __future__ import annotations

from tools.build.sources import GROUPS
from tools.errors import BuildProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # (dotted name, line, required, from-import candidates)
    Import = tuple[str, int, bool, tuple[str, ...]]
    # (has a handler, imports, names in `__all__`)
    Scan = tuple[bool, tuple[Import, ...], tuple[str, ...]]

# ast.PyCF_ONLY_AST; the `ast` module itself costs more to import than a one-line edit takes to build
_ONLY_AST = 0x400
_OPTIONAL = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


def scan(source: bytes, path: str) -> Scan:
    """Return whether the module has a top-level `handler`, its imports, and the names in its `__all__`.

    Imports inside functions count. Those under `if TYPE_CHECKING:` do not. Not required are those in a `try` or
    `suppress` that catches `ImportError`, and those that depend on `find_spec` or on Python's version.

    Parameters
    ----------
    source
        The file's bytes.
    path
        Relative to `lambda_src/`; names the file in errors and anchors relative imports.

    Raises
    ------
    BuildProblem
        When the file does not compile, or its handler is a coroutine.
    """
    try:
        tree = compile(source, path, "exec", _ONLY_AST, dont_inherit=True)
        compile(tree, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        reason = getattr(error, "msg", None) or str(error) or "it is nested too deeply"
        raise BuildProblem(
            f"lambda_src/{path}, line {line}, does not compile: {reason}.", "Correct the file and build again."
        ) from error
    found: list[Import] = []
    package = path.split("/")[:-1]
    _visit(tree, package, True, found)
    if package and package[0] in GROUPS and len(package) == 1:
        _refuse_coroutine(tree, path)
    return any(_binds_handler(node) for node in tree.body), tuple(found), tuple(_exported(tree))


def _refuse_coroutine(tree: Any, path: str) -> None:
    for node in tree.body:
        if type(node).__name__ == "AsyncFunctionDef" and node.name == "handler":
            raise BuildProblem(
                f"lambda_src/{path}, line {node.lineno}: Lambda does not await a handler, and this one is `async def`.",
                "Make it `def handler`, and run the coroutine with asyncio.run.",
            )


def _exported(tree: Any) -> list[str]:
    """Return the texts in whatever sets or extends `__all__` at the top level."""
    names: list[str] = []
    for node in tree.body:
        targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
        value: Any = getattr(node, "value", None)
        if type(value).__name__ == "Call":  # __all__.extend([...])
            targets = [getattr(value.func, "value", None)]
        if any(getattr(target, "id", "") == "__all__" for target in targets):
            names += _texts(value)
    return names


def _texts(node: Any) -> list[str]:
    if type(node).__name__ == "Constant":
        return [node.value] if isinstance(node.value, str) else []
    children = [getattr(node, field, None) for field in getattr(node, "_fields", ())]
    flat = [child for each in children for child in (each if isinstance(each, list) else [each])]
    return [text for child in flat if hasattr(child, "_fields") for text in _texts(child)]


def _binds_handler(node: Any) -> bool:
    kind = type(node).__name__
    if kind in ("FunctionDef", "AsyncFunctionDef"):
        return bool(node.name == "handler")
    if kind == "Assign":
        return any(getattr(target, "id", "") == "handler" for target in node.targets)
    if kind == "ImportFrom":
        return any((alias.asname or alias.name) == "handler" for alias in node.names)
    return kind == "AnnAssign" and node.value is not None and getattr(node.target, "id", "") == "handler"


def _visit(node: Any, package: list[str], required: bool, found: list[Import]) -> None:
    kind = type(node).__name__
    if kind == "Import":
        found.extend((alias.name, node.lineno, required, ()) for alias in node.names)
        return
    if kind == "ImportFrom":
        found.append(_from_import(node, package, required))
        return
    if kind == "If" and _is_type_checking(node.test):
        _visit_all(node.orelse, package, required, found)
    elif _leaves_imports_optional(node):
        _visit_all(node.body, package, False, found)
        # Whatever a look decides is optional; what a `try` falls back to is not.
        otherwise = required and kind in ("Try", "TryStar")
        rest = (getattr(node, field, ()) for field in ("handlers", "orelse", "finalbody"))
        _visit_all([child for children in rest for child in children], package, otherwise, found)
    else:
        # Expressions hold no import statement, so only statements' bodies are walked
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, list):
                _visit_all(value, package, required, found)


def _visit_all(nodes: Any, package: list[str], required: bool, found: list[Import]) -> None:
    for node in nodes:
        if hasattr(node, "_fields"):
            _visit(node, package, required, found)


def _leaves_imports_optional(node: Any) -> bool:
    kind = type(node).__name__
    if kind in ("Try", "TryStar"):
        return any(_catches_import_error(handler) for handler in node.handlers)
    if kind in ("With", "AsyncWith"):
        return any(_suppresses_import_error(item.context_expr) for item in node.items)
    return kind == "If" and _is_a_look(node.test)


def _from_import(node: Any, package: list[str], required: bool) -> Import:
    if node.level:
        base = package[: len(package) - node.level + 1]
        # One dot more than there are packages leaves the zip's root: the name is refused as unknown
        name = ".".join([*base, node.module] if node.module else base) if node.level <= len(package) else "."
    else:
        name = node.module
    return (name, node.lineno, required, tuple(alias.name for alias in node.names))


def _is_type_checking(test: Any) -> bool:
    return _name(test) == "TYPE_CHECKING"


def _is_a_look(test: Any) -> bool:
    """Return whether a condition asks for Python's version, or whether a module is there."""
    if "find_spec" in _name(test) or "version_info" in _name(test):
        return True
    children = [getattr(test, field, None) for field in getattr(test, "_fields", ())]
    flat = [child for each in children for child in (each if isinstance(each, list) else [each])]
    return any(hasattr(child, "_fields") and _is_a_look(child) for child in flat)


def _suppresses_import_error(expression: Any) -> bool:
    return _name(getattr(expression, "func", None)) == "suppress" and any(
        _name(kind) in _OPTIONAL for kind in expression.args
    )


def _name(node: Any) -> str:
    """Return the last part of a plain or dotted name, and nothing of any other expression."""
    return str(getattr(node, "attr", None) or getattr(node, "id", ""))


def _catches_import_error(handler: Any) -> bool:
    kinds = getattr(handler.type, "elts", [handler.type])
    return handler.type is None or any(_name(kind) in _OPTIONAL for kind in kinds)
