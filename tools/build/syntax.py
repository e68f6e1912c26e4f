"""Syntax trees: made, walked and read, without the module `ast`, which costs more to import than an edit to build."""

from __future__ import annotations

from tools.errors import BuildProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# ast.PyCF_ONLY_AST
_ONLY_AST = 0x400
SCOPES = ("FunctionDef", "AsyncFunctionDef", "ClassDef", "Lambda")


def parse(source: bytes, path: str) -> Any:
    """Return a module's syntax tree.

    Parameters
    ----------
    source
        The file's bytes.
    path
        Relative to `lambda_src/`; names the file in errors.

    Raises
    ------
    BuildProblem
        When the file does not compile.
    """
    try:
        # PEP 263: UTF-8 unless one of the first two lines says otherwise. compile() misses other bytes in comments
        if b"coding" not in b"".join(source.split(b"\n", 2)[:2]):
            source.decode()
        tree = compile(source, path, "exec", _ONLY_AST, dont_inherit=True)
        compile(tree, path, "exec", dont_inherit=True)
    except UnicodeDecodeError as error:
        line, reason = source.count(b"\n", 0, error.start) + 1, "it is not UTF-8"
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        reason = getattr(error, "msg", None) or str(error)
    except (RecursionError, MemoryError):
        line, reason = 1, "it is nested too deeply"
    else:
        return tree
    raise BuildProblem(
        f"lambda_src/{path}, line {line}, does not compile: {reason}.", "Correct the file and build again."
    )


def kind_of(node: Any) -> str:
    return type(node).__name__


def name_of(node: Any) -> str:
    """Return the last part of a dotted name, or an empty string for any other expression."""
    return str(getattr(node, "attr", "") or getattr(node, "id", ""))


def nodes(root: Any, *, into_scopes: bool = True) -> Iterator[Any]:
    """Yield a node and all below it, nearest first.

    Parameters
    ----------
    into_scopes
        Whether to go into functions and classes below the root, too.
    """
    waiting = [root]
    for node in waiting:
        yield node
        if not into_scopes and node is not root and kind_of(node) in SCOPES:
            continue
        for field in node._fields:
            value = getattr(node, field, None)
            waiting += [one for one in (value if isinstance(value, list) else [value]) if hasattr(one, "_fields")]


def branches(statement: Any) -> Iterator[tuple[str, Any]]:
    """Yield the statements in a statement, each behind the name of the part that it is in."""
    for field in ("body", "handlers", "orelse", "finalbody", "cases"):
        part = getattr(statement, field, None)
        if isinstance(part, list):
            for child in part:
                yield field, child


def source_of(statement: Any, package: list[str]) -> str:
    """Return the module that a `from` statement names, in a module of this package."""
    if not statement.level:
        return str(statement.module)
    # One dot more than there are packages leaves the zip's root: the name is refused as unknown
    if statement.level > len(package):
        return "."
    base = package[: len(package) - statement.level + 1]
    return ".".join([*base, statement.module] if statement.module else base)
