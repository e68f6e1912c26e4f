"""Programs that the toolkit runs: a Python of the functions' version, and uv."""

from __future__ import annotations

import os
import sys

from tools.errors import MachineProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

# The runtime of every function on AWS
AWS_PYTHON = "3.13"

_PROBE = (
    "import sys; print(sys.executable, sys.implementation.cache_tag, "
    "'%d.%d' % sys.version_info[:2], sys.version.split()[0], sep='\\n')"
)


class Interpreter:
    """A Python that compiles.

    Parameters
    ----------
    path
        The executable.
    tag
        Its cache tag, such as `cpython-313`.
    version
        Its exact version, such as `3.13.0`.
    mark
        Size and time of the executable: while they stay, `version` is believed without asking again.
    """

    __slots__ = ("mark", "path", "tag", "version")

    def __init__(self, path: str, tag: str, version: str, mark: tuple[int, int]) -> None:
        self.path = path
        self.tag = tag
        self.version = version
        self.mark = mark

    @property
    def identity(self) -> str:
        return f"{self.tag} {self.version}"

    @property
    def is_this(self) -> bool:
        return self.path == sys.executable

    def as_tuple(self) -> tuple[str, str, str, tuple[int, int]]:
        return (self.path, self.tag, self.version, self.mark)


def this_interpreter() -> Interpreter:
    """Return the Python that runs the toolkit, which is also the local cloud's."""
    version = sys.version.split()[0]
    return Interpreter(sys.executable, sys.implementation.cache_tag or "", version, (0, 0))


def _mark(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return (status.st_size, status.st_mtime_ns)


def remembered_interpreter(known: Sequence[Any] | None) -> Interpreter | None:
    """Return the interpreter of an earlier build while its executable is the same, without running it."""
    if not known or _mark(known[0]) != known[3]:
        return None
    return Interpreter(known[0], known[1], known[2], known[3])


def find_interpreter() -> Interpreter:
    """Return a Python of the functions' minor version: this one, from the PATH, from pyenv, or known to uv.

    Raises
    ------
    MachineProblem
        When there is none that runs.
    """
    for candidate in _candidates():
        found = _probe(candidate)
        if found:
            return found
    raise MachineProblem(
        f"No Python {AWS_PYTHON} that runs was found on the PATH, in pyenv or by uv, to compile with.",
        f"Install Python {AWS_PYTHON}, or build without byte code: python -m tools build --target aws --no-pyc",
    )


def _candidates() -> Iterator[str]:
    if "{}.{}".format(*sys.version_info[:2]) == AWS_PYTHON:
        yield sys.executable
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = os.path.join(folder, f"python{AWS_PYTHON}")
        # pyenv's shim takes 0.1 s to say which version it stands for, or that it stands for none
        if folder and folder != os.path.join(pyenv, "shims") and os.access(path, os.X_OK):
            yield path
    versions = os.path.join(pyenv, "versions")
    if os.path.isdir(versions):
        mine = [name for name in os.listdir(versions) if name == AWS_PYTHON or name.startswith(AWS_PYTHON + ".")]
        for name in sorted(mine, key=lambda name: (len(name), name), reverse=True):
            yield os.path.join(versions, name, "bin", "python")
    yield from _uv_candidates()


def _uv_candidates() -> Iterator[str]:
    import subprocess

    command = [find_uv(), "python", "find", "--no-project", "--no-python-downloads", AWS_PYTHON]
    # A version manager's stub that fails would stop uv's search, so only what uv itself installed is asked for first
    for only_managed in (["--managed-python"], []):
        done = subprocess.run([*command, *only_managed], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            yield done.stdout.strip()


def _probe(path: str) -> Interpreter | None:
    import subprocess

    try:
        done = subprocess.run([path, "-I", "-S", "-c", _PROBE], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.splitlines()
    if done.returncode or len(lines) != 4 or lines[2] != AWS_PYTHON:
        return None
    mark = _mark(lines[0])
    return Interpreter(lines[0], lines[1], lines[3], mark) if mark else None


def find_uv() -> str:
    """Return uv's executable.

    Raises
    ------
    MachineProblem
        When uv is not installed.
    """
    beside = os.path.join(os.path.dirname(sys.executable), "uv")
    if os.access(beside, os.X_OK):
        return beside
    try:
        from uv import find_uv_bin

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError):
        pass
    import shutil

    found = shutil.which("uv")
    if not found:
        raise MachineProblem("uv, which installs the layers, is not in this environment.", "make setup")
    return found
