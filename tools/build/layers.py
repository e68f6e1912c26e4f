"""A layer's zip: the wheels of its lock, stripped, checked for the processor, compiled and packed."""

from __future__ import annotations

import os

from tools.build.archive import Member, is_shared_object, pack
from tools.build.bytecode import pyc_name
from tools.build.layer_code import compile_layer
from tools.build.wheels import install
from tools.errors import BuildProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.build.lock import LockedLayer
    from tools.build.recipe import Recipe

# Lambda puts a layer's `python` folder on the path: "Packaging your layer content", AWS Lambda Developer Guide
_ROOT = "python/"
_NOT_AT_RUN_TIME = (".pyi", ".pyc", ".c", ".h", ".cc", ".cpp", ".hpp", ".pyx", ".pxd", "/py.typed")
# Of an installed distribution's metadata these are of use at run time, or are owed to its authors
_KEPT_METADATA = ("METADATA", "entry_points.txt")
_LICENCES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")
# System V ABI, "ELF header": e_machine is at byte 18
_MACHINES = {"x86_64": 62, "arm64": 183}
_MACHINE_NAMES = {number: name for name, number in _MACHINES.items()}


class Layer:
    """A finished layer.

    Parameters
    ----------
    content
        The zip.
    tops
        Top-level import names that it provides.
    unzipped
        Bytes of its files.
    """

    __slots__ = ("content", "tops", "unzipped")

    def __init__(self, content: bytes, tops: tuple[str, ...], unzipped: int) -> None:
        self.content = content
        self.tops = tops
        self.unzipped = unzipped

    def as_blob(self) -> bytes:
        return f"{self.unzipped} {' '.join(self.tops)}\n".encode() + self.content

    @classmethod
    def from_blob(cls, blob: bytes) -> Layer:
        head, _, content = blob.partition(b"\n")
        unzipped, *tops = head.decode().split(" ")
        return cls(content, tuple(tops), int(unzipped))


def wanted(path: str) -> bool:
    """Whether a file of an installed tree goes into the layer. `path` is relative to the tree."""
    parts = path.split("/")
    if parts[0].startswith(".") or parts[0] == "bin" or "tests" in parts or "__pycache__" in parts:
        return False
    if parts[0].endswith(".dist-info"):
        return parts[1] in _KEPT_METADATA or parts[1] == "licenses" or parts[1].upper().startswith(_LICENCES)
    return not f"/{path}".endswith(_NOT_AT_RUN_TIME)


def _tree(folder: str, prefix: str = "") -> Iterator[tuple[str, str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            path = prefix + entry.name
            if entry.is_dir():
                yield from _tree(entry.path, path + "/")
            elif wanted(path):
                yield path, entry.path


def check_machine(layer: str, path: str, content: bytes, arch: str) -> None:
    """Refuse machine code of another platform.

    Raises
    ------
    BuildProblem
        When a shared object is no ELF file, or is one for another processor.
    """
    if not content.startswith(b"\x7fELF"):
        if is_shared_object(path):
            raise BuildProblem(
                f"Layer {layer}: {path} is not a Linux shared object.", "Build again with --force; check the lock."
            )
        return
    machine = int.from_bytes(content[18:20], "little")
    if machine != _MACHINES[arch]:
        found = _MACHINE_NAMES.get(machine, f"ELF machine {machine}")
        raise BuildProblem(
            f"Layer {layer}: {path} is machine code for {found}, not for {arch}.",
            "Build again with --force; check that the lock holds wheels of both processors.",
        )


def import_names(paths: list[str]) -> tuple[str, ...]:
    """Return the top-level names that a tree of files can be imported by."""
    tops = set()
    for path in paths:
        top, slash, _ = path.partition("/")
        if slash or top.endswith(".py") or is_shared_object(top):
            tops.add(top if slash else top.partition(".")[0])
    return tuple(sorted(top for top in tops if top.isidentifier()))


def make_layer(layer: LockedLayer, recipe: Recipe, folder: str, *, force: bool = False) -> Layer:
    """Install, strip, check, compile and pack a layer.

    Parameters
    ----------
    folder
        Where the wheels are installed for a moment.
    force
        Whether to compile again what is kept.
    """
    files = _installed(layer, recipe, folder)
    members = [Member(_ROOT + path, content, recipe.compress) for path, content in files.items()]
    if recipe.interpreter:
        modules = [(_ROOT + path, content) for path, content in files.items() if path.endswith(".py")]
        codes = compile_layer(recipe.interpreter, modules, force=force)
        tag = recipe.interpreter.tag
        members += [Member(pyc_name(name, tag), code, recipe.compress) for name, code in codes.items() if code]
    return Layer(pack(members), import_names(list(files)), sum(member.size for member in members))


def _installed(layer: LockedLayer, recipe: Recipe, folder: str) -> dict[str, bytes]:
    """Return path to content of what the layer's wheels bring and a function can use."""
    import tempfile

    os.makedirs(folder, exist_ok=True)
    files: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory(prefix="layer-", dir=folder) as scratch:
        install(layer, recipe.target, recipe.arch, scratch)
        for path, absolute in _tree(scratch):
            with open(absolute, "rb") as file:
                files[path] = file.read()
            if recipe.checks_machines:
                check_machine(layer.name, path, files[path], recipe.arch)
    return files
