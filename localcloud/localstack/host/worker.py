"""One process that runs a function: its start, its output and its end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localcloud.localstack.host.exits import NotStarted, reason
from localcloud.localstack.host.log_events import Frames, Lines, LogEvent
from localcloud.localstack.host.runtime_api import RuntimeApi, now_ms

_CHUNK = 65_536


@dataclass(frozen=True)
class Program:
    """The program of a function.

    Parameters
    ----------
    command
        The program and its arguments.
    folder
        Its working directory.
    environment
        Its whole environment, except what the Runtime API adds.
    """

    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]


class Worker:
    """A running process with its Runtime API; `end` must be called.

    Raises
    ------
    NotStarted
        The program cannot be run.
    """

    def __init__(self, program: Program) -> None:
        self.api = RuntimeApi()
        self._ended = False
        self._output = _Output()
        environment = {
            **program.environment,
            "AWS_LAMBDA_RUNTIME_API": self.api.address,
            "_LAMBDA_TELEMETRY_LOG_FD": str(self._output.frames_for_child),
        }
        try:
            self._process = subprocess.Popen(
                program.command,
                cwd=program.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=self._output.lines_for_child,
                stderr=self._output.lines_for_child,
                pass_fds=(self._output.frames_for_child,),
                start_new_session=True,
            )
        except (OSError, ValueError) as problem:
            self.api.close()
            self._output.close()
            raise NotStarted(problem, program.command[0]) from problem
        finally:
            self._output.close_childs()
        threading.Thread(target=self._watch, name=f"function-{self._process.pid}", daemon=True).start()
        threading.Thread(target=self._output.collect, name=f"output-{self._process.pid}", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process id, which is also that of its group and session."""
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether the process has not ended.

        The watching thread holds the lock of `Popen` while it waits, and `poll` says nothing until that thread has run
        again. So the system is asked, which leaves the exit status to that thread.
        """
        try:
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
        except ChildProcessError:
            return False

    def reason(self) -> str:
        """Return why the process exited, as AWS describes it."""
        return reason(self._process.wait())

    def events(self) -> list[LogEvent]:
        """Return what was written since the last call, including all output from before a result."""
        return self._output.take()

    def peak_mb(self) -> int:
        """Return the most memory that the process used; 1 when it exited, or the system does not report it."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            status = Path(f"/proc/{self.pid}/status").read_text()
            return int(status.partition("VmHWM:")[2].split()[0]) // 1024 + 1
        return 1

    def end(self) -> None:
        """Kill the process and everything it started in its group; does nothing the second time."""
        if self._ended:
            return
        self._ended = True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self.api.close()
        self._output.end()

    def _watch(self) -> None:
        self._process.wait()
        self.api.close()


class _Output:
    """Two pipes: one for lines, one for frames."""

    def __init__(self) -> None:
        self._lines_fd, self.lines_for_child = os.pipe()
        self._frames_fd, self.frames_for_child = os.pipe()
        self._open = {self._lines_fd, self._frames_fd}
        self._wake_fd, self._waker_fd = os.pipe()
        for fd in self._open:
            os.set_blocking(fd, False)
        self._lines, self._frames = Lines(now_ms), Frames()
        self._events: list[LogEvent] = []
        self._lock = threading.Lock()

    def close_childs(self) -> None:
        """Close our copies of the descriptors that the child writes to."""
        os.close(self.lines_for_child)
        os.close(self.frames_for_child)

    def collect(self) -> None:
        """Read until every writer has exited, or `end` is called; then close."""
        while self._open:
            poll = select.poll()
            for fd in (*self._open, self._wake_fd):
                poll.register(fd, select.POLLIN)
            ready = [fd for fd, _ in poll.poll()]
            with self._lock:
                self._pump()
            if self._wake_fd in ready:
                break
        self.close()

    def take(self) -> list[LogEvent]:
        with self._lock:
            self._pump()
            taken, self._events = self._events + self._lines.flush(), []
            return taken

    def end(self) -> None:
        with self._lock:
            if self._waker_fd >= 0:
                os.write(self._waker_fd, b"x")

    def close(self) -> None:
        with self._lock:
            self._pump()
            for fd in (*self._open, self._wake_fd, self._waker_fd):
                os.close(fd)
            self._open.clear()
            self._wake_fd = self._waker_fd = -1

    def _pump(self) -> None:
        """Read what is available."""
        for fd in tuple(self._open):
            while (data := _read(fd)) is not None:
                if not data:
                    self._open.discard(fd)
                    os.close(fd)
                    break
                try:
                    self._events += (self._lines if fd == self._lines_fd else self._frames).feed(data)
                except ValueError:  # something else wrote to the descriptor for frames
                    self._events += Lines(now_ms).feed(data + b"\n")
                    self._frames = Frames()


def _read(fd: int) -> bytes | None:
    try:
        return os.read(fd, _CHUNK)
    except BlockingIOError:
        return None
