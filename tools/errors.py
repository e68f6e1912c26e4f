"""Expected errors: one sentence saying what is wrong, the command that fixes it, and an exit code by kind."""

from __future__ import annotations

from localcloud.errors import OF_THE_MACHINE, CloudProblem, MachineProblem, ToolError, UsageProblem

__all__ = [
    "BuildProblem",
    "CapabilityProblem",
    "CloudProblem",
    "DeliveryProblem",
    "FunctionProblem",
    "MachineProblem",
    "SmokeProblem",
    "TerraformProblem",
    "ToolError",
    "UsageProblem",
    "from_system",
]


class BuildProblem(ToolError):
    """The sources or locks cannot be built."""

    exit_code = 4
    kind = "build"


class TerraformProblem(ToolError):
    """Terraform refused or failed."""

    exit_code = 5
    kind = "terraform"


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
