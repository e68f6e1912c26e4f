"""What a module imports, read from its syntax tree without importing it."""

from __future__ import annotations

from tools.errors import BuildProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # (dotted name, line, required, from-import candidates)
    Import = tuple[str, int, bool, tuple[str, ...]]
    Scan = tuple[bool, tuple[Import, ...]]

# ast.PyCF_ONLY_AST; the `ast` module itself costs more to import than a one-line edit takes to build
_ONLY_AST = 0x400
_OPTIONAL = {"ImportError", "ModuleNotFoundError", "Exception"}


def scan(source: bytes, path: str) -> Scan:
    """Return whether the module has a top-level `handler`, and its imports.

    Imports inside functions count. Those under `if TYPE_CHECKING:` do not, and those in a `try` that catches
    `ImportError` are not required.

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
    try:
        tree = compile(source, path, "exec", _ONLY_AST, dont_inherit=True)
        compile(tree, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        reason = getattr(error, "msg", None) or str(error)
        raise BuildProblem(
            f"lambda_src/{path}, line {line}, does not compile: {reason}.", "Correct the file and build again."
        ) from error
    found: list[Import] = []
    package = path.split("/")[:-1]
    _visit(tree, package, True, found)
    return any(_binds_handler(node) for node in tree.body), tuple(found)


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
        for child in node.orelse:
            _visit(child, package, required, found)
        return
    if kind == "Try" and any(_catches_import_error(handler) for handler in node.handlers):
        for child in node.body:
            _visit(child, package, False, found)
        for child in (*node.handlers, *node.orelse, *node.finalbody):
            _visit(child, package, required, found)
        return
    for field in node._fields:
        value = getattr(node, field, None)
        if isinstance(value, list):
            for child in value:
                if hasattr(child, "_fields"):
                    _visit(child, package, required, found)
        # Expressions hold no import statement, so only statements' bodies are walked


def _from_import(node: Any, package: list[str], required: bool) -> Import:
    if node.level:
        base = package[: len(package) - node.level + 1]
        # One dot more than there are packages leaves the zip's root: the name is refused as unknown
        name = ".".join([*base, node.module] if node.module else base) if node.level <= len(package) else "."
    else:
        name = node.module
    return (name, node.lineno, required, tuple(alias.name for alias in node.names))


def _is_type_checking(test: Any) -> bool:
    return "TYPE_CHECKING" in (getattr(test, "id", ""), getattr(test, "attr", ""))


def _catches_import_error(handler: Any) -> bool:
    kinds = getattr(handler.type, "elts", [handler.type])
    return handler.type is None or any(getattr(kind, "id", "") in _OPTIONAL for kind in kinds)
