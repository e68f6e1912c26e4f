"""Background processes: identify them, check whether they run, and end them."""

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
    """Start a process in its own session, append its output to a log, and return its id at once.

    Only the owner can read the log.

    A log of more than 10 MiB is rotated first: the old one gets the suffix `.1`.
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
    """Return when a process started, in the system's format; `None` when it does not exist or is a zombie.

    Process ids are reused; together with its start time an id names one process for ever. Linux: fields 3, 20 and 22 of
    `/proc/<pid>/stat` (proc_pid_stat(5)); elsewhere `ps -o lstart=`. While the threads of a killed process are still
    ending, its first thread is already a zombie, and its ports are not free yet.
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
    """Return whether exactly that process is running."""
    return start_time(pid) == started


def end(pid: int, started: str, *, patience_s: float) -> bool:
    """Send SIGTERM, wait, then send SIGKILL; return whether it exited by itself."""
    if not runs(pid, started):
        return True
    _signal(pid, signal.SIGTERM)
    if _gone(pid, started, patience_s):
        return True
    _signal(pid, signal.SIGKILL)
    _gone(pid, started, 5)
    return False


def end_all_below(folder: Path) -> list[int]:
    """Kill all our processes whose TMPDIR is that folder or below it, wait until they end, and return their ids.

    On systems that do not show environments (all but Linux), nothing is killed.
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
    """Collect its exit status if it is our own child."""
    with contextlib.suppress(ChildProcessError, OSError):
        os.waitpid(pid, os.WNOHANG)
