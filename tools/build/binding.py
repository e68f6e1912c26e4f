"""What a module's top-level name is, and whether Lambda can call it."""

from __future__ import annotations

import builtins

from tools.build.syntax import SCOPES, branches, kind_of, nodes, source_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # Line, what is wrong with it as a handler, and where it is imported from: module and name there
    Binding = tuple[int, str, str, str]

_VALUES = ("Constant", "List", "Dict", "Tuple", "Set", "JoinedStr", "ListComp", "DictComp", "SetComp", "GeneratorExp")


def binding_of(name: str, tree: Any, package: list[str]) -> Binding | None:
    """Return how a module binds a name at its top level, the last time that it does; None where it does not.

    Parameters
    ----------
    package
        The folders of the module, for its relative imports.
    """
    line = 0
    seen: set[str] = set()
    while name not in seen:
        seen.add(name)
        node = _last(name, tree)
        if node is None:
            return (line, "" if may_exist(name, tree) else f"{name} is not defined", "", "") if line else None
        line = line or node.lineno
        kind = kind_of(node)
        if kind == "ImportFrom":
            original = next(alias.name for alias in node.names if (alias.asname or alias.name) == name)
            return (line, "", source_of(node, package), original)
        value: Any = getattr(node, "value", None)
        if kind_of(value) != "Name":
            return (line, _wrong(kind, node, value), "", "")
        name = value.id
    return (line, "", "", "")


def may_exist(name: str, tree: Any) -> bool:
    """Whether a name that no plain statement binds may be bound all the same: by a star import, say."""
    return hasattr(builtins, name) or any(
        getattr(node, "name", "") in (name, "*", "__getattr__")
        or getattr(node, "asname", "") == name
        or (getattr(node, "id", "") == name and kind_of(node.ctx) == "Store")
        or getattr(node, "id", "") == "globals"
        for node in nodes(tree)
    )


def _last(name: str, tree: Any) -> Any:
    """Return the last statement that binds a name outside functions and classes."""
    found = None
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if name in _bound(node):
            found = node
        if kind_of(node) not in SCOPES:
            waiting += [child for _, child in branches(node)][::-1]
    return found


def _bound(node: Any) -> list[str]:
    kind = kind_of(node)
    if kind in SCOPES:
        return [node.name]
    if kind == "Import":
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    if kind == "ImportFrom":
        return [alias.asname or alias.name for alias in node.names]
    if kind == "Assign":
        return [getattr(target, "id", "") for target in node.targets]
    return [getattr(node.target, "id", "")] if kind == "AnnAssign" and node.value else []


def _wrong(kind: str, node: Any, value: Any) -> str:
    """Return why Lambda cannot call what a statement binds, or an empty string."""
    if kind == "AsyncFunctionDef":
        return "it is an async function"
    if kind == "ClassDef":
        return "it is a class"
    if kind == "Import":
        return "it is a module"
    if kind_of(value) in _VALUES:
        return "it is not a function"
    if kind == "FunctionDef" and any(kind_of(one).startswith("Yield") for one in nodes(node, into_scopes=False)):
        return "it is a generator"
    function = value if kind_of(value) == "Lambda" else node
    # A decorator may take the arguments itself
    if hasattr(function, "args") and not getattr(function, "decorator_list", ()) and not _takes_two(function.args):
        return "it does not take two arguments, event and context"
    return ""


def _takes_two(arguments: Any) -> bool:
    positional = len(arguments.posonlyargs) + len(arguments.args)
    enough = positional >= 2 or arguments.vararg is not None
    return enough and positional - len(arguments.defaults) <= 2 and None not in arguments.kw_defaults
