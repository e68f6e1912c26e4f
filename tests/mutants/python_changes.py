"""Changes of Python: comparisons, logic, numbers, words, answers, and statements that are left out."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Change = tuple[int, int, str]

_COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
_ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "//"),
    ast.FloorDiv: ("//", "*"),
}


def changes(text: str) -> list[Change]:
    """Return every change of a module."""
    return sorted(set(_Finder(text).find()))


class _Finder:
    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0]
        for line in text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._lines = text.splitlines(keepends=True)

    def find(self) -> Iterator[Change]:
        yield from self._visit(ast.parse(self._text))

    def _offset(self, line: int, column: int) -> int:
        # Columns count bytes
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode())

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)

    def _visit(self, node: ast.AST) -> Iterator[Change]:
        if _says_nothing(node):
            return
        yield from self._changes_of(node)
        for name, value in ast.iter_fields(node):
            # What only a type checker or a reader sees
            if name in {"annotation", "returns", "decorator_list"}:
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not _is_docstring(child):
                    yield from self._visit(child)

    def _changes_of(self, node: ast.AST) -> Iterator[Change]:
        match node:
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
                yield from self._between(left, right, *_COMPARISONS[type(op)])
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                yield from self._between(left, right, *_ARITHMETIC[type(op)])
            case ast.BoolOp(op=op, values=[first, second, *_]):
                yield from self._between(first, second, *(("and", "or") if isinstance(op, ast.And) else ("or", "and")))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield self._span(node)[0], self._span(operand)[0], ""
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
                start, end = self._span(test)
                yield start, end, f"(not ({self._text[start:end]}))"
            case ast.Return(value=ast.expr() as value) if not _is_none(value):
                yield *self._span(value), "None"
            case ast.Expr(value=ast.Call()) | ast.Raise():
                yield *self._span(node), "pass"
            case ast.Constant(value=value):
                new = _other(value)
                if new is not None:
                    yield *self._span(node), new

    def _between(self, left: ast.expr, right: ast.expr, old: str, new: str) -> Iterator[Change]:
        start, end = self._span(left)[1], self._span(right)[0]
        found = self._text.find(old, start, end)
        if found >= 0:
            yield found, found + len(old), new


def _other(value: object) -> str | None:
    """Return another value than a constant's; none for a sentence, which nobody acts on."""
    match value:
        case bool():
            return str(not value)
        case int() | float():
            return repr(value + 1)
        case str() if value and " " not in value:
            return repr(value + "X")
    return None


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _says_nothing(node: ast.AST) -> bool:
    """Say whether a node cannot be changed to any effect, or by its position: imports, types, parts of f-strings."""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.JoinedStr):
        return True
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return True
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"TypeVar", "cast"}
