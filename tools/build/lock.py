"""A layer's lock, read and checked without an installer or a network.

A lock says in its first lines which requirements it was made for; `make lock` writes them. So any edit of
`requirements.in` that may change the result is noticed, also one that the pins do not show, such as an extra.
"""

from __future__ import annotations

import os
import sys

from tools.build.sources import LAYERS, read
from tools.errors import BuildProblem

# The runtime brings these; a copy in a layer would be 17 MB of another version
FROM_RUNTIME = ("boto3", "botocore", "s3transfer")
# Begins each of a lock's first lines
_MADE_FOR = "# for: "


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
    end = next((at for at, char in enumerate(line) if not (char.isalnum() or char in "-_.")), len(line))
    return "" if line.startswith("-") else normalized(line[:end])


def wanted_lines(text: str) -> list[str]:
    """Return what a `requirements.in` asks for, a line each: without comments, continued lines joined, sorted."""
    lines = (f" {line}".partition(" #")[0].split() for line in text.replace("\\\n", " ").splitlines())
    return sorted({" ".join(words) for words in lines if words})


def seal(path: str) -> None:
    """Write into the lock beside a `.in` file which requirements it was made for."""
    with open(path, encoding="utf-8-sig") as file:
        wanted = wanted_lines(file.read())
    lock = path.removesuffix(".in") + ".txt"
    with open(lock, encoding="utf-8") as file:
        pins = file.read()
    with open(lock, "w", encoding="utf-8") as file:
        file.write("".join(f"{_MADE_FOR}{line}\n" for line in wanted) + pins)


def made_for(lock: str) -> list[str]:
    """Return the requirements that a lock was made for."""
    return [line.removeprefix(_MADE_FOR) for line in lock.splitlines() if line.startswith(_MADE_FOR)]


def read_lock(root: str, name: str) -> LockedLayer:
    """Return a layer's lock.

    Raises
    ------
    BuildProblem
        When the lock is missing or was made for other requirements, when a requirement is none of the package index, or
        when the lock holds what the runtime brings, or two versions of a distribution.
    """
    where = f"{LAYERS}/{name}"
    locked = _text(root, f"{where}/requirements.txt")
    if locked is None:
        raise BuildProblem(f"Layer {name} has no lock: {where}/requirements.txt is missing.", "make lock")
    text = _text(root, f"{where}/requirements.in")
    if text is None:
        raise BuildProblem(
            f"Layer {name}: {where}/requirements.in, which its lock is made of, is missing.",
            "Restore the file, then: make lock",
        )
    wanted = wanted_lines(text)
    for line in wanted:
        _refuse_foreign(name, line)
    versions = _versions(name, locked)
    _refuse_stale(name, wanted, made_for(locked), versions)
    for forbidden in FROM_RUNTIME:
        if forbidden in versions:
            raise BuildProblem(
                f"Layer {name}: {where}/requirements.txt holds {forbidden}, which the Lambda runtime brings.",
                "Remove what needs it from requirements.in, then: make lock",
            )
    return LockedLayer(name, os.path.join(root, where, "requirements.txt"), versions)


def _text(root: str, path: str) -> str | None:
    content = read(root, path)
    try:
        return None if content is None else content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BuildProblem(f"{path} is not UTF-8: {error.reason}.", "Save the file as UTF-8.") from error


def _refuse_foreign(layer: str, line: str) -> None:
    """Refuse what has no name and version in the index: its content could change under an unchanged lock."""
    requirement = line.partition(";")[0]
    if line.startswith("-"):
        reason = "an option, and a layer takes plain requirements"
    elif any(mark in requirement for mark in "/\\@") or requirement.strip().endswith((".whl", ".tar.gz", ".zip")):
        reason = "a path or an address, and a layer takes what the package index has"
    elif not requirement_name(line):
        reason = "no requirement"
    else:
        return
    raise BuildProblem(
        f"Layer {layer}: `{line}` in {LAYERS}/{layer}/requirements.in is {reason}.",
        "Write it as a name and versions, such as `pillow>=12`, then: make lock",
    )


def _refuse_stale(layer: str, wanted: list[str], before: list[str], versions: dict[str, str]) -> None:
    for line in wanted:
        # A requirement whose marker holds for no Python and system that locks are made for is in no lock
        pinned = ";" in line or requirement_name(line) in versions
        if line not in before or not pinned:
            raise BuildProblem(
                f"Layer {layer}: {LAYERS}/{layer}/requirements.in wants {line}, which its lock was not made for.",
                "make lock",
            )
    for line in before:
        if line not in wanted:
            raise BuildProblem(
                f"Layer {layer}: its lock was made for {line}, which {LAYERS}/{layer}/requirements.in does not want.",
                "make lock",
            )


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
    for _path in sys.argv[1:]:
        seal(_path)
