"""Byte code for zips: unchecked-hash `.pyc`, compiled by the target's own Python minor version."""

from __future__ import annotations

import os
import sys

from tools.errors import BuildProblem, MachineProblem

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
_WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "compile_worker.py")
# Starting a process costs as much as compiling this many modules
_IN_PROCESS = 24


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


def pyc_name(source: str, tag: str) -> str:
    """Return where a module's byte code lies: `a/b.py` to `a/__pycache__/b.cpython-313.pyc`."""
    folder, _, file = source.rpartition("/")
    return f"{folder}/__pycache__/{file[:-3]}.{tag}.pyc".lstrip("/")


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

    from tools.build.wheels import find_uv

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


def compile_all(interpreter: Interpreter, modules: Sequence[tuple[str, bytes]], *, strict: bool) -> list[bytes]:
    """Return the `.pyc` of each (name, source), in order.

    `name` is the path in the zip and stays in the code object; the import system replaces it by the real one.

    Parameters
    ----------
    strict
        Whether a module that does not compile is an error (ours) or goes without byte code (a wheel's template).

    Raises
    ------
    BuildProblem
        When a module does not compile under this interpreter.
    """
    if not modules:
        return []
    if interpreter.is_this and strict and len(modules) <= _IN_PROCESS:
        from tools.build.compile_worker import compiled

        return [compiled(source, name) for name, source in modules]
    codes = list(
        unframe(_run_worker(interpreter, b"".join(frame(name.encode()) + frame(src) for name, src in modules)))
    )
    complaints = codes.pop().decode().splitlines() if codes else []
    if len(codes) != len(modules):
        raise MachineProblem(f"{interpreter.path} failed to compile.", "Build without byte code: --no-pyc")
    if strict and complaints:
        raise BuildProblem(
            f"lambda_src/{complaints[0]} (Python {interpreter.version}).", "Correct the file and build again."
        )
    return codes


def _run_worker(interpreter: Interpreter, payload: bytes) -> bytes:
    """Return what the worker answers; nothing when it does not start.

    The worker reads all before it writes, so neither side waits for the other. The module subprocess is not used: it
    takes longer to import than one module takes to compile.
    """
    child_in, ours_out = os.pipe()
    ours_in, child_out = os.pipe()
    command = [interpreter.path, "-I", "-S", "-B", "-W", "ignore", _WORKER]
    ends = [(os.POSIX_SPAWN_DUP2, child_in, 0), (os.POSIX_SPAWN_DUP2, child_out, 1)]
    try:
        child = os.posix_spawn(interpreter.path, command, os.environ, file_actions=ends)
    except OSError:
        os.close(ours_out)
        os.close(ours_in)
        return b""
    finally:
        os.close(child_in)
        os.close(child_out)
    try:
        with open(ours_out, "wb") as stream:
            stream.write(payload)
    except BrokenPipeError:
        pass
    with open(ours_in, "rb") as stream:
        answer = stream.read()
    return answer if os.waitpid(child, 0)[1] == 0 else b""


def frame(content: bytes) -> bytes:
    """Return bytes behind their length, as the worker's pipes carry them."""
    return len(content).to_bytes(4, "little") + content


def unframe(stream: bytes) -> Iterator[bytes]:
    """Yield what `frame` put one after another."""
    position = 0
    while position < len(stream):
        size = int.from_bytes(stream[position : position + 4], "little")
        position += 4
        yield stream[position : position + size]
        position += size
