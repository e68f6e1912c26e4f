"""Byte code of layers, kept for all checkouts of a user, as uv keeps their wheels."""

from __future__ import annotations

import hashlib
import os

from tools.build.bytecode import compile_all, frame, unframe
from tools.build.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.programs import Interpreter

    # Path in the zip, and source
    Module = tuple[str, bytes]

# Raise it when compile_worker.py makes other bytes of the same source
_FORMAT = "1"


def user_cache() -> str | None:
    """Return the folder of the user's byte code, or None for a user without a home.

    Its place is that of the XDG Base Directory Specification 0.8, which has relative paths ignored.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "serverless-starter", "bytecode") if os.path.isabs(base) else None


def compile_layer(interpreter: Interpreter, modules: Sequence[Module], *, force: bool = False) -> dict[str, bytes]:
    """Return path to `.pyc` of each module, which is empty for one that does not compile.

    What is kept is kept by package, under a digest of its paths and sources and the exact interpreter, so it is right
    for any checkout and any layer.

    Parameters
    ----------
    force
        Whether to compile what is kept too.

    Raises
    ------
    MachineProblem
        When the interpreter fails.
    """
    folder = user_cache()
    store = Store(folder) if folder else None
    packages: dict[str, list[Module]] = {}
    for module in sorted(modules):
        packages.setdefault("/".join(module[0].split("/")[:2]), []).append(module)
    keys = {package: _key(interpreter, members) for package, members in packages.items()}
    codes: dict[str, bytes] = {}
    missing: list[str] = []
    for package, members in packages.items():
        blob = None if force or store is None else store.get("layer", keys[package])
        if blob is None:
            missing.append(package)
        else:
            codes.update(zip((name for name, _ in members), unframe(blob), strict=True))
    if missing:
        modules = [module for package in missing for module in packages[package]]
        compiled = compile_all(interpreter, modules, strict=False)
        codes.update(zip((name for name, _ in modules), compiled, strict=True))
        if store is not None:
            _keep(store, {keys[package]: [codes[name] for name, _ in packages[package]] for package in missing})
    return codes


def _key(interpreter: Interpreter, members: list[Module]) -> str:
    lines = [f"{_FORMAT} {interpreter.identity}"]
    lines += [f"{name} {hashlib.sha256(source).hexdigest()}" for name, source in members]
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _keep(store: Store, codes: dict[str, list[bytes]]) -> None:
    """Store what was compiled. A home that cannot be written makes the next build slower, and is no error."""
    try:
        for key, found in codes.items():
            store.put("layer", key, b"".join(map(frame, found)))
        store.prune()
    except OSError:
        return
