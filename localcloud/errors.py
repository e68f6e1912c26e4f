"""Expected errors: one sentence that says what is wrong, the command that fixes it, and an exit code for each kind."""

from __future__ import annotations

import errno

# Errors of files that the person at this machine can settle: rights, space, a file in a folder's place
OF_THE_MACHINE = (
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EEXIST,
    errno.EMFILE,
    errno.ELOOP,
)


class ToolError(Exception):
    """An expected failure, shown as one sentence without a traceback.

    Parameters
    ----------
    problem
        What is wrong, as one sentence.
    fix
        The command or action that fixes it, shown on its own line.
    """

    exit_code = 1
    kind = "error"

    def __init__(self, problem: str, fix: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.fix = fix


class UsageProblem(ToolError):
    """The command line names something that does not exist (exit code 2, as in shells)."""

    exit_code = 2
    kind = "usage"


class MachineProblem(ToolError):
    """This machine lacks something: a program, a provider, a port, disk space, credentials."""

    exit_code = 3
    kind = "machine"


class CloudProblem(ToolError):
    """The local cloud does not start, answer or stop."""

    exit_code = 6
    kind = "local-cloud"


def cannot_write(complaint: str) -> MachineProblem | None:
    """Return the problem where uv complains of a folder or a disk, and None where it complains of anything else."""
    of_the_disk = any(f"(os error {number})" in complaint for number in OF_THE_MACHINE)
    # A firewall answers a request with "permission denied", too
    if "Failed to initialize cache" not in complaint and (not of_the_disk or "error sending request" in complaint):
        return None
    parts = [line.strip().removeprefix("error: ").removeprefix("cause: ") for line in complaint.strip().splitlines()]
    return MachineProblem(
        f"uv cannot write: {': '.join(parts)}.",
        "Give yourself the right to write there, and space on the disk; or name another folder: UV_CACHE_DIR=PATH",
    )
