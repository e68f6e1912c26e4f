"""Conditions under which an import may fail, or is never made."""

from __future__ import annotations

from tools.build.syntax import kind_of, name_of, nodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_OPTIONAL = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
# What tells Python's version or the platform, by module
_FACTS = {"sys": {"version_info", "version", "hexversion", "platform", "implementation"}, "os": {"name"}}


def unseen_branch(test: Any) -> str:
    """Return which branch of an `if` only type checkers see, `body` or `orelse`, or an empty string."""
    if name_of(test) == "TYPE_CHECKING":
        return "body"
    if kind_of(test) == "UnaryOp" and kind_of(test.op) == "Not":
        return "orelse" if unseen_branch(test.operand) == "body" else ""
    if kind_of(test) == "BoolOp" and kind_of(test.op) == "And":
        return "body" if "body" in map(unseen_branch, test.values) else ""
    return ""


def asks_for_the_platform(test: Any) -> bool:
    """Whether a test asks for Python's version, its implementation, or the system that it runs on."""
    for node in nodes(test):
        module = name_of(node.value) if kind_of(node) == "Attribute" else ""
        if module == "platform" or name_of(node) in _FACTS.get(module, ()):
            return True
        if kind_of(node) == "Name" and node.id in ("version_info", "PY2", "PY3"):
            return True
    return False


def catches_import_error(kinds: Any) -> bool:
    """Whether an `except` of these kinds is met by an import that fails; None is a bare one."""
    return kinds is None or any(name_of(kind) in _OPTIONAL for kind in getattr(kinds, "elts", [kinds]))


def suppresses_import_error(context: Any) -> bool:
    """Whether a `with` is told of ImportError, as `contextlib.suppress` is."""
    return kind_of(context) == "Call" and any(map(catches_import_error, context.args))


def strings(tree: Any) -> set[str]:
    """Return all strings of a module: those that `find_spec` is asked for are among them, whichever way they go."""
    return {node.value for node in nodes(tree) if isinstance(getattr(node, "value", None), str)}
