"""Byte code for zips: unchecked-hash `.pyc`, compiled by the target's own Python minor version."""

from __future__ import annotations

import os

from tools.errors import BuildProblem, MachineProblem
from tools.programs import Interpreter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "compile_worker.py")
# Starting a process costs as much as compiling this many modules
_IN_PROCESS = 24


def pyc_name(source: str, tag: str) -> str:
    """Return where a module's byte code lies: `a/b.py` to `a/__pycache__/b.cpython-313.pyc`."""
    folder, _, file = source.rpartition("/")
    return f"{folder}/__pycache__/{file[:-3]}.{tag}.pyc".lstrip("/")


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
