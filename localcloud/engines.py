"""The engines, and what is known about each before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from localcloud.checkout import Checkout
from localcloud.cloud import LOCALSTACK, MINISTACK, Engine
from localcloud.errors import UsageProblem


@dataclass(frozen=True)
class Kind:
    """One kind of engine.

    Parameters
    ----------
    name
        As in `up --engine` and in what a running engine reports.
    title
        Its name in a sentence.
    environment
        The environment that is deployed to it: a file `environments/NAME.tfvars`.
    folder
        Where a checkout keeps all its files, below `Project.state`.
    usual_port
        The port that is tried first.
    wait_s
        How long it may take to answer after it was started, in seconds.
    start
        The command that starts it.
    """

    name: str
    title: str
    environment: str
    folder: str
    usual_port: int
    wait_s: float
    start: str

    @property
    def heading(self) -> str:
        """Its title at the start of a sentence."""
        return self.title[0].upper() + self.title[1:]


KINDS = {
    MINISTACK: Kind(MINISTACK, "the local cloud", "local", "cloud", 4566, 30, "python -m tools up"),
    # Its first start compiles its modules, which takes 4 s on an idle machine.
    LOCALSTACK: Kind(
        LOCALSTACK, "LocalStack", "localstack", "localstack", 4567, 120, "python -m tools up --engine localstack"
    ),
}


def kind(name: str) -> Kind:
    """Return the engine of that name, or raise `UsageProblem`."""
    if name not in KINDS:
        raise UsageProblem(f"There is no engine {name!r}; there are: {', '.join(KINDS)}.", "python -m tools up --help")
    return KINDS[name]


def of_environment(name: str) -> Kind | None:
    """Return the engine that an environment is deployed to, or `None` for AWS."""
    return next((one for one in KINDS.values() if one.environment == name), None)


def folder(project: Checkout, name: str = MINISTACK) -> Path:
    """Return the folder of a checkout's engine."""
    return project.state / kind(name).folder


def make(project: Checkout, name: str) -> Engine:
    """Return the engine of a checkout. Starts nothing, and imports only that engine's code."""
    place = folder(project, name)
    if name == LOCALSTACK:
        from localcloud.localstack.engine import LocalStack

        return LocalStack(place, project)
    from localcloud.ministack.engine import MiniStack

    return MiniStack(place, project)
