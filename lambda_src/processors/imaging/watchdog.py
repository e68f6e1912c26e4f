"""Runs work on a stranger's bytes in a child process that the kernel ends when it takes too much.

A fork, and no new interpreter: the child has Pillow already, which would take longer to import than most pictures take.
A pipe, and nothing of `multiprocessing`: Lambda has no /dev/shm for its semaphores.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, NoReturn

from processors.imaging import refusals
from processors.imaging.refusals import ImageRefused

_DONE, _REFUSED, _NO_MEMORY, _FAILED = b"d", b"r", b"m", b"f"
# Result and reasons are a few megabytes at most.
_LARGEST_ANSWER = 64 * 1024 * 1024
_PIPE_BYTES = 256 * 1024
_POLL_SECONDS = 0.005
_GRACE_SECONDS = 1.0
# What a decoder does that has been led astray by what it reads.
_CRASHES = frozenset({signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP})


class WorkFailed(Exception):
    """The child has failed for a reason that is not in the file: what it has raised, and where."""


@dataclass(frozen=True)
class Limits:
    """What the work may take.

    Parameters
    ----------
    cpu_seconds
        Of processor time, whole seconds.
    memory_bytes
        Of memory beside what the process has when it begins. Only Linux can enforce it: elsewhere (macOS) there is no
        bound but those on time.
    seconds
        Until it is ended in any case.
    """

    cpu_seconds: int
    memory_bytes: int
    seconds: float


@dataclass(frozen=True)
class Usage:
    """What the work has taken: processor seconds, and bytes at most, with what it had to begin with."""

    cpu_seconds: float
    peak_bytes: int


def watched(work: Callable[[], bytes], file: BinaryIO, limits: Limits, noted: Callable[[Usage], None]) -> bytes:
    """Return what the work returns.

    Parameters
    ----------
    work
        Runs in the child. What it changes in memory is lost.
    file
        What it reads; other open files are out of its reach.
    limits
        What it may take.
    noted
        Is told what it has taken, whatever has become of it.

    Raises
    ------
    ImageRefused
        The work has refused the file, has taken too much, or has crashed.
    WorkFailed
        It has raised anything else, or something else has ended it.
    OSError
        There is no child to be had.
    """
    reading, writing = os.pipe()
    try:
        child = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        raise
    if not child:
        _child(work, file, limits, writing)
    os.close(writing)
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        answer, in_time = b"", False
        try:
            answer, in_time = _answer(pipe, time.monotonic() + limits.seconds)
        finally:
            status, taken = _reaped(child, at_once=not in_time)
    usage = Usage(taken.ru_utime + taken.ru_stime, taken.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
    noted(usage)
    if not in_time:
        raise ImageRefused(refusals.TOO_MUCH_WORK)
    return _judged(answer, status, usage, limits)


def _answer(pipe: BinaryIO, deadline: float) -> tuple[bytes, bool]:
    """Return what the child has written, and whether it has come to an end in time."""
    pieces: list[bytes] = []
    while sum(map(len, pieces)) <= _LARGEST_ANSWER:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([pipe], [], [], left)[0]:
            return b"", False
        piece = pipe.read(_PIPE_BYTES)
        if not piece:
            return b"".join(pieces), True
        pieces.append(piece)
    return b"", False


def _reaped(child: int, *, at_once: bool) -> tuple[int, resource.struct_rusage]:
    """Return how the child has ended and what it has taken; end it if it does not by itself."""
    deadline = time.monotonic() + (0 if at_once else _GRACE_SECONDS)
    while time.monotonic() < deadline:
        found, status, taken = os.wait4(child, os.WNOHANG)
        if found:
            return status, taken
        time.sleep(_POLL_SECONDS)
    os.kill(child, signal.SIGKILL)
    _, status, taken = os.wait4(child, 0)
    return status, taken


def _judged(answer: bytes, status: int, usage: Usage, limits: Limits) -> bytes:
    kind, content = answer[:1], answer[1:]
    if kind == _DONE:
        return content
    if kind == _REFUSED and content.decode() in refusals.REASONS:
        raise ImageRefused(content.decode())
    if kind == _NO_MEMORY:
        raise ImageRefused(refusals.TOO_MUCH_MEMORY)
    if kind == _FAILED:
        raise WorkFailed(content.decode(errors="replace"))
    ended_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if ended_by == signal.SIGXCPU or usage.cpu_seconds >= limits.cpu_seconds:
        raise ImageRefused(refusals.TOO_MUCH_WORK)
    if ended_by in _CRASHES:
        raise ImageRefused(refusals.DECODER_CRASHED)
    # Perhaps the kernel is short of memory altogether.
    raise WorkFailed(f"ended by signal {ended_by}" if ended_by else f"ended with status {status}")


def _child(work: Callable[[], bytes], file: BinaryIO, limits: Limits, writing: int) -> NoReturn:
    """Do the work, write what has become of it, and end: nothing of the parent's is flushed or closed."""
    try:
        try:
            _let_go({writing, _number(file)})
            _limit(limits)
            answer = _DONE + work()
        except ImageRefused as refused:
            answer = _REFUSED + refused.reason.encode()
        except MemoryError:
            answer = _NO_MEMORY
        except BaseException as error:
            # No message: it may repeat what is in the file.
            where = "".join(traceback.format_tb(error.__traceback__))
            answer = _FAILED + f"{type(error).__name__}\n{where}".encode()
        left = memoryview(answer)
        while left:
            left = left[os.write(writing, left) :]
    finally:
        os._exit(0)


def _limit(limits: Limits) -> None:
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # One second more ends even what ignores the signal.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    if sys.platform == "linux":
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
            whole, *_, data, _dirty = (int(pages) * resource.getpagesize() for pages in file.read().split())
        # What can be written to is what takes memory. Addresses are reserved more generously than they are used.
        resource.setrlimit(resource.RLIMIT_DATA, (data + limits.memory_bytes,) * 2)
        resource.setrlimit(resource.RLIMIT_AS, (whole + 2 * limits.memory_bytes,) * 2)


def _let_go(kept: set[int]) -> None:
    """Put nothing in the place of what else is open: a runtime's answers, connections to AWS.

    Not closed: the parent's objects of these numbers may be freed here, and would close what has them then.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for name in os.listdir("/dev/fd"):  # noqa: PTH208
        number = int(name)
        if number not in kept and number != nothing:
            try:
                os.fstat(number)
            except OSError:
                continue  # the listing's own
            os.dup2(nothing, number, inheritable=False)


def _number(file: BinaryIO) -> int:
    try:
        return file.fileno()
    except OSError:
        return -1
