"""A layer's lock, read and checked without an installer."""

from __future__ import annotations

import os

from tools.build.sources import LAYERS, read
from tools.errors import BuildProblem

# The runtime brings these; a copy in a layer would be 17 MB of another version
FROM_RUNTIME = ("boto3", "botocore", "s3transfer")


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
        When the lock is missing, older than `requirements.in`, holds what the runtime brings, or two versions of a
        distribution.
    """
    where = f"{LAYERS}/{name}"
    locked = read(root, f"{where}/requirements.txt")
    if locked is None:
        raise BuildProblem(f"Layer {name} has no lock: {where}/requirements.txt is missing.", "make lock")
    versions = _versions(name, locked.decode())
    wanted = (read(root, f"{where}/requirements.in") or b"").decode().splitlines()
    for requirement in filter(None, map(requirement_name, wanted)):
        if requirement not in versions:
            raise BuildProblem(
                f"Layer {name}: {where}/requirements.in wants {requirement}, which its lock does not hold.", "make lock"
            )
    for forbidden in FROM_RUNTIME:
        if forbidden in versions:
            raise BuildProblem(
                f"Layer {name}: {where}/requirements.txt holds {forbidden}, which the Lambda runtime brings.",
                "Remove what needs it from requirements.in, then: make lock",
            )
    return LockedLayer(name, os.path.join(root, where, "requirements.txt"), versions)


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
