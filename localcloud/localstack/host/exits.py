"""How AWS describes that a function's process exited, or could not be started."""

from __future__ import annotations

_SIGNALS = {
    1: "hangup",
    2: "interrupt",
    3: "quit",
    4: "illegal instruction",
    5: "trace/breakpoint trap",
    6: "aborted",
    7: "bus error",
    8: "floating point exception",
    9: "killed",
    10: "user defined signal 1",
    11: "segmentation fault",
    12: "user defined signal 2",
    13: "broken pipe",
    14: "alarm clock",
    15: "terminated",
}


def reason(code: int) -> str:
    """Return why a process exited, in the words of AWS's `Runtime.ExitError`.

    Signals have the names of Go's syscall package on Linux; all others, including real-time signals, have their number.

    Parameters
    ----------
    code
        As in `subprocess.Popen.returncode`: an exit status, or the negative number of a signal.
    """
    if code == 0:
        return "Runtime exited without providing a reason"
    if code < 0:
        return f"Runtime exited with error: signal: {_SIGNALS.get(-code, f'signal {-code}')}"
    return f"Runtime exited with error: exit status {code}"


class NotStarted(Exception):
    """The program cannot be run: its file is missing or not executable, or its interpreter is missing.

    `reason` is AWS's description, and `log_line` the line in the log. On AWS a shell script starts runtimes
    (/var/runtime/bootstrap in its base images), so the exit status is a shell's (POSIX, "Exit Status for Commands"):
    127 where the file does not exist, 126 where it cannot be run.
    """

    def __init__(self, problem: Exception, program: str) -> None:
        missing = isinstance(problem, FileNotFoundError)
        self.reason = reason(127 if missing else 126)
        what = problem.strerror if isinstance(problem, OSError) else str(problem)
        self.log_line = f"{program}: {'does not exist' if missing else what}\n"
        super().__init__(self.log_line.strip())
