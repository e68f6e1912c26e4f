"""Expected errors: one sentence saying what is wrong, the command that mends it, and an exit code by kind."""

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
    mend
        The command, or the action, that mends it. Shown on a line of its own.
    """

    exit_code = 1
    kind = "error"

    def __init__(self, problem: str, mend: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.mend = mend


class UsageProblem(ToolError):
    """The command line asks for something that does not exist (2, as the shell's convention has it)."""

    exit_code = 2
    kind = "usage"


class MachineProblem(ToolError):
    """This machine lacks something: a program, a provider, a port, disk space, credentials."""

    exit_code = 3
    kind = "machine"


class BuildProblem(ToolError):
    """The sources or locks cannot be built."""

    exit_code = 4
    kind = "build"


class TerraformProblem(ToolError):
    """Terraform refused or failed."""

    exit_code = 5
    kind = "terraform"


class CloudProblem(ToolError):
    """The local cloud does not start, answer or stop."""

    exit_code = 6
    kind = "local-cloud"


class SmokeProblem(ToolError):
    """The deployed application does not answer as its contract says."""

    exit_code = 7
    kind = "smoke"


class FunctionProblem(ToolError):
    """A deployed function raised an error, or was ended by its runtime."""

    exit_code = 8
    kind = "function"


class DeliveryProblem(ToolError):
    """What should have come through did not: a push, a connection, a replay."""

    exit_code = 9
    kind = "delivery"


class CapabilityProblem(ToolError):
    """An engine of the local cloud does less, or more, than is expected of it."""

    exit_code = 10
    kind = "capability"


def from_system(error: OSError) -> MachineProblem:
    """Return the problem of a file that cannot be read or written, or of a full disk; raise any other error again."""
    if error.errno not in OF_THE_MACHINE:
        raise error
    return MachineProblem(
        f"{error.filename or 'The disk'} cannot be used: {error.strerror}.",
        "free some space, or give yourself the right to write there; see: python -m tools doctor",
    )
