"""A layer's lock, read and checked without an installer."""

from __future__ import annotations

import hashlib
import os
import sys

from tools.build.sources import LAYERS, layer_names, read_text
from tools.errors import BuildProblem

# The runtime brings these; a copy in a layer would be 17 MB of another version
FROM_RUNTIME = ("boto3", "botocore", "s3transfer")
_STAMP = "# locked from requirements.in with SHA-256 "


class LockedLayer:
    """A layer as its lock describes it.

    Parameters
    ----------
    name
        The folder's name.
    path
        The lock, absolute.
    versions
        Normalized distribution name (PEP 503) to version.
    """

    __slots__ = ("name", "path", "versions")

    def __init__(self, name: str, path: str, versions: dict[str, str]) -> None:
        self.name = name
        self.path = path
        self.versions = versions


def normalized(name: str) -> str:
    """Return a distribution's name in the form that PEP 503 compares."""
    for mark in "_.":
        name = name.replace(mark, "-")
    return "-".join(part for part in name.lower().split("-") if part)


def requirement_name(line: str) -> str:
    """Return the normalized name at the start of a requirement line, or an empty string for any other line."""
    line = line.partition("#")[0].strip()
    if not line or line.startswith("-"):
        return ""
    end = next((at for at, char in enumerate(line) if not (char.isalnum() or char in "-_.")), len(line))
    return normalized(line[:end])


def read_lock(root: str, name: str) -> LockedLayer:
    """Return a layer's lock.

    Raises
    ------
    BuildProblem
        When the lock is missing or was made of another `requirements.in`, holds what the runtime brings, or two
        versions of a distribution.
    """
    where = f"{LAYERS}/{name}"
    locked = read_text(root, f"{where}/requirements.txt")
    if locked is None:
        raise BuildProblem(f"Layer {name} has no lock: {where}/requirements.txt is missing.", "make lock")
    wanted = requirements(name, read_text(root, f"{where}/requirements.in") or "")
    if not locked.startswith(stamp(wanted)):
        raise BuildProblem(f"Layer {name}: {where}/requirements.in has changed since it was locked.", "make lock")
    versions = _versions(name, locked)
    for forbidden in FROM_RUNTIME:
        if forbidden in versions:
            raise BuildProblem(
                f"Layer {name}: {where}/requirements.txt holds {forbidden}, which the Lambda runtime brings.",
                "Remove what needs it from requirements.in, then: make lock",
            )
    return LockedLayer(name, os.path.join(root, where, "requirements.txt"), versions)


def requirements(layer: str, wanted: str) -> list[str]:
    """Return the requirements of a `requirements.in` without comments and spacing, sorted.

    Raises
    ------
    BuildProblem
        For anything but a distribution from the index: options, other files, paths and URLs cannot be locked by hash.
    """
    lines = [" ".join(line.partition(" #")[0].split()) for line in wanted.replace("\\\n", " ").splitlines()]
    found = sorted(line for line in lines if line and not line.startswith("#"))
    for line in found:
        if not requirement_name(line) or "/" in line.partition(";")[0] or line.startswith("."):
            raise BuildProblem(
                f"Layer {layer}: {LAYERS}/{layer}/requirements.in holds {line!r}, and a layer takes distributions from "
                "the package index alone.",
                "Name the distribution, as in: pillow>=12",
            )
    return found


def stamp(wanted: list[str]) -> str:
    """Return the first line of a lock: what it was made of."""
    return f"{_STAMP}{hashlib.sha256(chr(10).join(wanted).encode()).hexdigest()}\n"


def write_stamps(root: str) -> None:
    """Note in each layer's lock what it was made of; `make lock` calls it after the resolver."""
    for name in layer_names(root):
        path = f"{LAYERS}/{name}/requirements.txt"
        lines = (read_text(root, path) or "").splitlines(keepends=True)
        wanted = requirements(name, read_text(root, f"{LAYERS}/{name}/requirements.in") or "")
        with open(os.path.join(root, path), "w", encoding="utf-8", newline="") as file:
            file.writelines([stamp(wanted), *(line for line in lines if not line.startswith(_STAMP))])


def _versions(layer: str, locked: str) -> dict[str, str]:
    versions: dict[str, str] = {}
    for line in locked.splitlines():
        name = "" if line[:1].isspace() else requirement_name(line)
        if not name:
            continue
        version = line.partition("==")[2].replace(";", " ").replace("\\", " ").split()
        if not version:
            raise BuildProblem(f"Layer {layer}: its lock does not pin {name} to a version.", "make lock")
        if versions.setdefault(name, version[0]) != version[0]:
            raise BuildProblem(
                f"Layer {layer}: its lock holds {name} {versions[name]} and {version[0]}, so processors would differ.",
                "Pin one version in requirements.in, then: make lock",
            )
    return versions


def refuse_conflicts(layers: list[LockedLayer]) -> None:
    """Refuse two layers that hold different versions of a distribution: in `/opt/python` one would hide the other."""
    seen: dict[str, LockedLayer] = {}
    for layer in layers:
        for name, version in layer.versions.items():
            other = seen.setdefault(name, layer)
            if other.versions[name] != version:
                raise BuildProblem(
                    f"Layers {other.name} and {layer.name} hold {name} {other.versions[name]} and {version}.",
                    "Pin one version in both requirements.in, then: make lock",
                )


if __name__ == "__main__":
    try:
        write_stamps(".")
    except BuildProblem as problem:
        sys.exit(f"error: {problem.problem}\n  fix: {problem.fix}")
