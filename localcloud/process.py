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
_LOG_LIMIT = 10 * 1024 * 1024


def detached(command: list[str], *, cwd: Path, environment: dict[str, str], log: Path) -> int:
    """Start a process in a session of its own, whose output is added to a log, and return its id at once.

    What it writes is readable by its owner alone.

    A log of more than 10 MiB is turned first: the one before lies beside it, with `.1` added to its name.
    """
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_name(log.name + ".1"))
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            umask=0o077,
        )
    return child.pid


def start_time(pid: int) -> str | None:
    """Return when a process started, as the system spells it; `None` when there is none, or it is a zombie.

    A process id is given out again; together with its start time it names one process for ever. Linux: fields 3, 20 and
    22 of `/proc/<pid>/stat` (proc_pid_stat(5)); elsewhere `ps -o lstart=`. While threads of a killed process still end,
    its first one is a zombie already, and its ports are not free yet.
    """
    if _PROC.joinpath("self", "stat").exists():
        try:
            fields = _PROC.joinpath(str(pid), "stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            return None
        threads = int(fields[17])
        return None if fields[0] in "ZX" and threads <= 1 else fields[19]
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


def end_all_below(folder: Path) -> list[int]:
    """Kill every process of ours whose TMPDIR is that folder or one below, wait for their end and return their ids.

    Where the system does not show environments (anything but Linux), nothing is killed.
    """
    start = f"TMPDIR={folder}".encode()
    ended = {}
    for entry in _PROC.glob("[0-9]*"):
        pid = int(entry.name)
        if pid == os.getpid():
            continue
        with contextlib.suppress(OSError):
            started = start_time(pid)
            variables = entry.joinpath("environ").read_bytes().split(b"\0") if started else []
            ours = any(text == start or text.startswith(start + b"/") for text in variables)
            if ours and started and runs(pid, started):
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
