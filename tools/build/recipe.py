"""How a build is made: all that decides its bytes beside the sources."""

from __future__ import annotations

import hashlib
import os
import sys

from tools.build.codec import codec_identity, compressor
from tools.build.report import TARGETS
from tools.errors import UsageProblem
from tools.programs import AWS_PYTHON, find_interpreter, remembered_interpreter, this_interpreter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from tools.build.report import Target
    from tools.programs import Interpreter

# Raise it when a change of the builder changes the bytes of a zip
BUILDER_VERSION = 1

_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}


class Recipe:
    """Target, processor, compressor and compiling interpreter.

    Parameters
    ----------
    interpreter
        What compiles byte code, or None to ship none.
    """

    __slots__ = ("_compress", "arch", "interpreter", "parts", "target")

    def __init__(self, target: Target, arch: str, interpreter: Interpreter | None) -> None:
        self.target = target
        self.arch = arch
        self.interpreter = interpreter
        python = AWS_PYTHON if target == "aws" else f"{'{}.{}'.format(*sys.version_info[:2])} {sys.platform}"
        # In the order in which a difference explains a rebuild best
        self.parts = {
            "target": target,
            "architecture": arch,
            "python": python,
            "interpreter": interpreter.identity if interpreter else "no-pyc",
            "codec": codec_identity(target),
            "builder": str(BUILDER_VERSION),
        }
        self._compress: Callable[[bytes], bytes] | None = None

    @property
    def compress(self) -> Callable[[bytes], bytes]:
        if self._compress is None:
            self._compress = compressor(self.target)
        return self._compress

    @property
    def checks_machines(self) -> bool:
        """Whether shared objects must be ELF files: always, but for a local build on another system."""
        return self.target == "aws" or sys.platform == "linux"

    def key(self, kind: str, lines: Iterable[str]) -> str:
        """Return the key of an artefact made by this recipe of what `lines` describe."""
        text = "\n".join([kind, *(f"{name} {value}" for name, value in self.parts.items()), *lines])
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def this_architecture() -> str:
    """Return this machine's processor as AWS Lambda names it."""
    machine = os.uname().machine.lower()
    return _ARCHITECTURES.get(machine, machine)


def choose_recipe(target: str, arch: str | None, pyc: bool, remembered: Any, force: bool) -> Recipe:
    """Return the recipe that a command line asks for.

    Parameters
    ----------
    remembered
        The interpreter of an earlier build for AWS: it stays chosen until it goes, or until `force`.

    Raises
    ------
    UsageProblem
        For a target or a processor that does not exist, or a local build for another processor.
    MachineProblem
        When byte code is wanted and no Python can compile it.
    """
    if target not in TARGETS:
        raise UsageProblem(f"There is no target {target}.", f"Choose one of: {', '.join(TARGETS)}")
    if arch is not None and arch not in ("arm64", "x86_64"):
        raise UsageProblem(f"There is no architecture {arch}.", "Choose one of: arm64, x86_64")
    if target == "local":
        here = this_architecture()
        if arch not in (None, here):
            raise UsageProblem(
                f"A local build runs on this machine, whose processor is {here}.", "Leave out --arch, or: --target aws"
            )
        return Recipe("local", here, this_interpreter() if pyc else None)
    interpreter = None
    if pyc:
        interpreter = (None if force else remembered_interpreter(remembered)) or find_interpreter()
    return Recipe("aws", arch or "arm64", interpreter)
