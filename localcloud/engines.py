"""Which engines there are, and what distinguishes them before one of them is started."""

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
        As in `up --engine` and in what a running one says about itself.
    title
        What it is called within a sentence.
    environment
        The environment that lives on it: a file `environments/NAME.tfvars`.
    folder
        Where a checkout keeps everything of it, below `Project.state`.
    usual_port
        The port tried first.
    wait_s
        How long it may take to answer after its start, in seconds.
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
        """Its title at the beginning of a sentence."""
        return self.title[0].upper() + self.title[1:]


KINDS = {
    MINISTACK: Kind(MINISTACK, "the local cloud", "local", "cloud", 4566, 30, "python -m tools up"),
    # Its first start compiles itself: 4 s where nothing else runs.
    LOCALSTACK: Kind(
        LOCALSTACK, "LocalStack", "localstack", "localstack", 4567, 120, "python -m tools up --engine localstack"
    ),
}


def kind(name: str) -> Kind:
    """Return one kind by its name, or raise `UsageProblem`."""
    if name not in KINDS:
        raise UsageProblem(f"There is no engine {name!r}; there are: {', '.join(KINDS)}.", "python -m tools up --help")
    return KINDS[name]


def of_environment(name: str) -> Kind | None:
    """Return the kind of engine on which an environment lives, or `None` when it lives on AWS."""
    return next((one for one in KINDS.values() if one.environment == name), None)


def folder(project: Checkout, name: str) -> Path:
    """Return where everything of a checkout's engine is kept."""
    return project.state / kind(name).folder


def make(project: Checkout, name: str) -> Engine:
    """Return the engine of a checkout; nothing is started, and no other engine's code is imported."""
    place = folder(project, name)
    if name == LOCALSTACK:
        from localcloud.localstack.engine import LocalStack

        return LocalStack(place, project)
    from localcloud.ministack.engine import MiniStack

    return MiniStack(place, project)
