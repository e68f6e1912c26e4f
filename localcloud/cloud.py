"""A running local cloud, and the interface of the engines that run one."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from localcloud.guard.keys import AccessKey

REGION = "eu-west-1"
"""The region of everything that our engines create."""

ACCOUNT = "000000000000"
"""The account of a checkout's access key."""

LOOPBACK = "127.0.0.1"

MINISTACK = "ministack"
LOCALSTACK = "localstack"

Step = Callable[[str], AbstractContextManager[None]]
"""Shows a step with this title while it runs, as `Console.step` does."""


def silently(title: str) -> AbstractContextManager[None]:  # noqa: ARG001 - the signature is a step's
    """Show nothing, for callers without a console."""
    return nullcontext()


@dataclass(frozen=True)
class Cloud:
    """A running local cloud.

    Parameters
    ----------
    url
        Endpoint of every AWS API, without a trailing slash.
    host, port
        Where it listens; loopback only.
    region, account
        Where resources are created unless a caller names others.
    pid
        Process id of the emulator.
    instance_id
        Changes whenever the state was lost.
    log
        The emulator's log file.
    version
        The engine's name and version.
    engine
        The engine's name, as in `up --engine`.
    key
        The checkout's access key, the only one accepted from outside.
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
        """Return only the variables that an AWS SDK, the AWS CLI or Terraform needs to reach it."""
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
    """Return loopback and the hosts of the user's own NO_PROXY."""
    given = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    hosts = [LOOPBACK, "localhost", *(host.strip() for host in given.split(","))]
    return ",".join(dict.fromkeys(host for host in hosts if host))


@dataclass(frozen=True)
class Health:
    """What an engine reports about itself.

    Parameters
    ----------
    instance_id
        Changes whenever the state was lost.
    version
        The engine's name and version.
    project
        Root folder of the checkout that started it.
    ready
        Whether it accepts calls.
    engine
        The engine's name, as in `up --engine`.
    key
        The fingerprint of the access key that it accepts.
    """

    instance_id: str
    version: str
    project: str
    ready: bool
    engine: str
    key: str = ""


class Engine(Protocol):
    """A program that implements AWS APIs."""

    @property
    def name(self) -> str:
        """The name that selects it, as in `up --engine`."""

    @property
    def version(self) -> str:
        """Name and version, as in the marker of saved state; state of another version is never loaded."""

    @property
    def log(self) -> Path:
        """The log file, whether or not the engine runs."""

    def check(self) -> None:
        """Raise `ToolError` when the engine cannot run on this machine, even after `prepare`."""

    def prepare(self, step: Step) -> None:
        """Install what is missing and show it as a step; does nothing once everything is installed."""

    def start(self, port: int) -> int:
        """Start it in the background on that loopback port; return its process id at once, ready or not."""

    def stop(self, pid: int, *, patience_s: float) -> None:
        """Ask it to save its state and exit; kill it after `patience_s` seconds. Its child processes end too."""

    def sweep(self) -> None:
        """End what a killed engine left running, and remove its temporary files."""

    def forget(self) -> None:
        """Remove its saved state."""

    def health(self, port: int) -> Health | None:
        """Return what it reports, or `None` when nothing answers; takes 2 s at most."""

    def endpoint(self, port: int) -> str:
        """Return the URL of all AWS APIs."""
