"""Expected errors: one sentence that says what is wrong, the command that fixes it, and an exit code for each kind."""

from __future__ import annotations


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
