"""A function's zip: its closure, byte code for it, and the schemas where it reads them."""

from __future__ import annotations

from tools.build.archive import Member, pack
from tools.build.bytecode import compile_all, pyc_name
from tools.build.closure import GONE
from tools.build.sources import CONTRACT
from tools.errors import BuildProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from tools.build.closure import Closure, Modules
    from tools.build.recipe import Recipe
    from tools.build.store import Store

SCHEMAS = "web/schemas.json"
ANSWERS = "web/answers.py"
"""The module that reads the schemas; a zip that holds it holds them too."""

# AWS Lambda Developer Guide, "Lambda quotas": bytes of a function and its layers unzipped, and of one zip
UNZIPPED_LIMIT = 250 * 1024 * 1024
ZIPPED_LIMIT = 50 * 1024 * 1024


def split_imports(function: str, closure: Closure, tops: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the layers that a function needs, sorted.

    A module that several layers hold is taken from one that is needed anyway, else from the first by name.

    Raises
    ------
    BuildProblem
        When an import is in no layer.
    """
    chosen: set[str] = set()
    providers = {top: [layer for layer in sorted(tops) if top in tops[layer]] for top in closure.third_party}
    for top, layers in sorted(providers.items(), key=lambda item: (len(item[1]), item[0])):
        path, line, required = closure.third_party[top]
        if layers and not chosen.intersection(layers):
            chosen.add(layers[0])
        elif not layers and required:
            why = "Python 3.13 no longer has" if top in GONE else "no layer holds"
            raise BuildProblem(
                f"lambda_src/{path}, line {line}, imports {top}, which {why} (function {function}).",
                "Correct the import; or add the library to layers/<name>/requirements.in, then: make lock",
            )
    return tuple(sorted(chosen))


def refuse_oversize(function: dict[str, Any], layers: list[dict[str, Any]]) -> None:
    """Refuse what Lambda would refuse minutes later.

    Raises
    ------
    BuildProblem
        When a zip is over 50 MiB, or the function with its layers over 250 MiB unzipped.
    """
    for one in (function, *layers):
        if one["size"] > ZIPPED_LIMIT:
            raise BuildProblem(
                f"The {one['kind']} {one['name']} is {_mib(one['size'])} zipped; Lambda takes {_mib(ZIPPED_LIMIT)}.",
                "Remove a library, or split it.",
            )
    total = sum(one["unzipped"] for one in (function, *layers))
    if total > UNZIPPED_LIMIT:
        parts = ", ".join(f"{one['kind']} {one['name']} {_mib(one['unzipped'])}" for one in (function, *layers))
        raise BuildProblem(
            f"The function {function['name']} is {_mib(total)} unzipped ({parts}); Lambda takes"
            f" {_mib(UNZIPPED_LIMIT)}.",
            "Remove a library from a layer that the function imports.",
        )


def _mib(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"


class Packer:
    """Makes functions' zips out of modules that are compiled and compressed once.

    Parameters
    ----------
    plans
        What goes into each zip to make: path below `lambda_src/` to digest.
    schemas
        The rendered schemas, or nothing when no zip holds them.
    """

    def __init__(
        self, modules: Modules, recipe: Recipe, store: Store, plans: list[dict[str, str]], schemas: bytes
    ) -> None:
        self._members: dict[str, list[Member]] = {}
        paths = sorted({path for plan in plans for path in plan} - {CONTRACT})
        if not paths:
            return
        compress = recipe.compress
        sources = {path: modules.source(path) for path in paths}
        for path, source in sources.items():
            self._members[path] = [Member(path, source, compress)]
        if schemas:
            self._members[CONTRACT] = [Member(SCHEMAS, schemas, compress)]
        interpreter = recipe.interpreter
        if interpreter is None:
            return
        keys = {path: recipe.key("pyc", [path, modules.digests[path]]) for path in paths}
        codes = {path: store.get("pyc", key) or b"" for path, key in keys.items()}
        missing = [path for path in paths if not codes[path]]
        compiled = compile_all(interpreter, [(path, sources[path]) for path in missing], strict=True)
        for path, code in zip(missing, compiled, strict=True):
            codes[path] = code
            store.put("pyc", keys[path], code)
        for path, code in codes.items():
            self._members[path].append(Member(pyc_name(path, interpreter.tag), code, compress))

    def pack(self, inputs: dict[str, str]) -> bytes:
        """Return the zip of these inputs behind a line with its size unzipped."""
        members = [member for path in inputs for member in self._members[path]]
        return f"{sum(member.size for member in members)}\n".encode() + pack(members)
