"""What a build did, artefact by artefact."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal

    Target = Literal["local", "aws"]
    Kind = Literal["function", "layer"]
    Progress = Callable[[str], None]
else:
    Target = Kind = Progress = str

TARGETS: tuple[Target, ...] = ("local", "aws")


class Artefact:
    """One zip.

    Parameters
    ----------
    kind, name
        `function` or `layer`, and its name, such as `create-item`.
    size
        Bytes of the zip.
    sha256
        Hex digest of the zip.
    changed
        Whether the zip differs from the one before, or had to be written again.
    why
        The reason in a few words: `unchanged`, `new`, `crud_api/create_item.py changed`.
    """

    __slots__ = ("changed", "kind", "name", "sha256", "size", "why")

    def __init__(self, kind: Kind, name: str, *, size: int, sha256: str, changed: bool, why: str) -> None:
        self.kind = kind
        self.name = name
        self.size = size
        self.sha256 = sha256
        self.changed = changed
        self.why = why

    def as_dict(self) -> dict[str, Any]:
        return {slot: getattr(self, slot) for slot in self.__slots__}

    def __repr__(self) -> str:
        return f"Artefact({self.kind} {self.name}: {self.why})"


class BuildReport:
    """The result of one build.

    Parameters
    ----------
    target, arch
        What was built for; `arch` as AWS Lambda names it (`x86_64`, `arm64`).
    source_hash
        The hash that Terraform computes again before it trusts the manifest.
    seconds
        Wall time of the build.
    artefacts
        Layers, then functions, each by name.
    """

    __slots__ = ("arch", "artefacts", "seconds", "source_hash", "target")

    def __init__(self, target: Target, arch: str, source_hash: str, seconds: float, artefacts: list[Artefact]) -> None:
        self.target = target
        self.arch = arch
        self.source_hash = source_hash
        self.seconds = seconds
        self.artefacts = artefacts

    @property
    def changed(self) -> list[Artefact]:
        """The artefacts that this build wrote."""
        return [artefact for artefact in self.artefacts if artefact.changed]

    def as_dict(self) -> dict[str, Any]:
        return {
            "target": self.target,
            "arch": self.arch,
            "source_hash": self.source_hash,
            "seconds": round(self.seconds, 4),
            "artefacts": [artefact.as_dict() for artefact in self.artefacts],
        }
