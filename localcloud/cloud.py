"""What a running local cloud is, and what an engine that runs one must offer."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from localcloud.guard.keys import AccessKey

REGION = "eu-west-1"
"""Region of everything on an engine of ours."""

ACCOUNT = "000000000000"
"""Account of a checkout's access key."""

LOOPBACK = "127.0.0.1"

MINISTACK = "ministack"
LOCALSTACK = "localstack"

Step = Callable[[str], AbstractContextManager[None]]
"""Shows that something with that title is under way, as `Console.step` does."""


def silently(title: str) -> AbstractContextManager[None]:  # noqa: ARG001 - the signature is a step's
    """Show nothing: the step of callers without a console."""
    return nullcontext()


@dataclass(frozen=True)
class Cloud:
    """A local cloud that answers.

    Parameters
    ----------
    url
        Endpoint of every AWS API, without a trailing slash.
    host, port
        Where it listens; loopback only.
    region, account
        Where resources land when a caller names nothing else.
    pid
        The emulator's process.
    instance_id
        Changes whenever the state inside was lost.
    log
        The emulator's log file.
    version
        The engine's name and version.
    engine
        The engine's name alone, as in `up --engine`.
    key
        The checkout's access key, the only one that it takes from outside.
    """

    url: str
    host: str
    port: int
    region: str
    account: str
    pid: int
    instance_id: str
    log: Path
    version: str
    engine: str
    key: AccessKey = field(repr=False)

    def environment(self) -> dict[str, str]:
        """Return the variables with which an AWS SDK, the AWS CLI or Terraform reaches it, and nothing else."""
        unproxied = unproxied_hosts()
        return {
            "AWS_ENDPOINT_URL": self.url,
            **self.key.variables(),
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": unproxied,
            "no_proxy": unproxied,
        }


def unproxied_hosts() -> str:
    """Return the user's own NO_PROXY list with loopback in front."""
    given = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    hosts = [LOOPBACK, "localhost", *(host.strip() for host in given.split(","))]
    return ",".join(dict.fromkeys(host for host in hosts if host))


@dataclass(frozen=True)
class Health:
    """What an engine says about itself.

    Parameters
    ----------
    instance_id
        Changes whenever the state inside was lost.
    version
        The engine's name and version.
    project
        Root of the checkout that started it.
    ready
        Whether it takes calls.
    engine
        The engine's name alone, as in `up --engine`.
    key
        The fingerprint of the access key that it takes.
    """

    instance_id: str
    version: str
    project: str
    ready: bool
    engine: str
    key: str = ""


class Engine(Protocol):
    """A program that answers as AWS does."""

    @property
    def name(self) -> str:
        """The name by which people choose it, as in `up --engine`."""

    @property
    def version(self) -> str:
        """Name and version, as in the kept state's marker: state of another one is never loaded."""

    @property
    def log(self) -> Path:
        """The log file, whether or not the engine runs."""

    def check(self) -> None:
        """Raise `ToolError` when the engine cannot run here, whatever is done before it is started."""

    def prepare(self, step: Step) -> None:
        """Install what it needs and lacks, showing it as a step; nothing at all from the second start on."""

    def start(self, port: int) -> int:
        """Start it detached on that port of loopback and return its process id at once, ready or not."""

    def stop(self, pid: int, *, patience_s: float) -> None:
        """Ask it to save what it keeps and end; after `patience_s` seconds, kill it. Its children end too."""

    def sweep(self) -> None:
        """End what a killed engine left running, and remove its temporary files."""

    def forget(self) -> None:
        """Remove the state it kept."""

    def health(self, port: int) -> Health | None:
        """Ask it, briefly; `None` when nobody answers there."""

    def endpoint(self, port: int) -> str:
        """Return the URL of every AWS API."""
