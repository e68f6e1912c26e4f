"""Processes that outlive us: who they are, whether they still run, and how they end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

_PROC = Path("/proc")
_TICK_S = 0.02


def start_time(pid: int) -> str | None:
    """Return when a process started, as the system spells it; `None` when there is none, or it is a zombie.

    A process id is given out again; together with its start time it names one process for ever. Linux: fields 3 and 22
    of `/proc/<pid>/stat` (proc_pid_stat(5)); elsewhere `ps -o lstart=`.
    """
    if _PROC.joinpath("self", "stat").exists():
        try:
            fields = _PROC.joinpath(str(pid), "stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else fields[19]
    answer = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = answer.stdout.strip().partition(" ")
    return None if not started or state.startswith("Z") else started.strip()


def runs(pid: int, started: str) -> bool:
    """Return whether exactly that process is alive."""
    return start_time(pid) == started


def end(pid: int, started: str, *, patience_s: float) -> bool:
    """Send SIGTERM, wait, then SIGKILL; return whether it ended by itself."""
    if not runs(pid, started):
        return True
    _signal(pid, signal.SIGTERM)
    if _gone(pid, started, patience_s):
        return True
    _signal(pid, signal.SIGKILL)
    _gone(pid, started, 5)
    return False


def end_all_with(variable: str, value: str) -> list[int]:
    """Kill every process of ours whose environment holds `variable=value`, wait for their end and return their ids.

    Where the system does not show environments (anything but Linux), nothing is killed.
    """
    needle = f"{variable}={value}".encode()
    ended = {}
    for entry in _PROC.glob("[0-9]*"):
        pid = int(entry.name)
        if pid == os.getpid():
            continue
        with contextlib.suppress(OSError):
            started = start_time(pid)
            if started and needle in entry.joinpath("environ").read_bytes().split(b"\0") and runs(pid, started):
                _signal(pid, signal.SIGKILL)
                ended[pid] = started
    for pid, started in ended.items():
        _gone(pid, started, 5)
    return list(ended)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _gone(pid: int, started: str, patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while runs(pid, started):
        _reap(pid)
        if time.monotonic() > deadline:
            return False
        time.sleep(_TICK_S)
    return True


def _reap(pid: int) -> None:
    """Collect it when it happens to be our own child."""
    with contextlib.suppress(ChildProcessError, OSError):
        os.waitpid(pid, os.WNOHANG)
