"""The engine LocalStack in host mode, started through our own host program in its own Python."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from localcloud import folders, process
from localcloud.checkout import Checkout
from localcloud.cloud import LOCALSTACK, LOOPBACK, Health, Step, unproxied_hosts
from localcloud.errors import MachineProblem
from localcloud.instance import ask
from localcloud.localstack.installation import Installation

VERSION = "2026.3.0"
"""The version of localstack-core that our host program is written for, as in requirements/localstack.in."""

_HOST = "localcloud.localstack.host"
_TOOLKIT = Path(__file__).resolve().parents[2]
_CACHE = Path("var/lib/localstack/cache")


def check_platform(platform: str = sys.platform) -> None:
    """Raise `MachineProblem` unless this is Linux: functions run from the packages for AWS, with Linux wheels."""
    if platform != "linux":
        raise MachineProblem(
            f"LocalStack runs functions from the packages for AWS, which need Linux, and this is {platform}.",
            "docker compose up --detach (see compose.yaml), then add: --endpoint-url http://127.0.0.1:4566",
        )


class LocalStack:
    """LocalStack for one checkout. It keeps no state: every start is a new, empty instance.

    Parameters
    ----------
    folder
        Where it keeps its log, caches and temporary files, including the objects in its buckets.
    project
        The checkout; its root is reported to callers, so that two checkouts are never confused.
    installation
        Where it is installed; by default inside the toolkit's environment.
    """

    def __init__(self, folder: Path, project: Checkout, installation: Installation | None = None) -> None:
        self._folder = folder
        self._project = project
        self._tmp = folder / "tmp"
        self._files = folder / "files"
        self._home = folder / "home"
        self._installation = installation or Installation(find=project.find_python, uv=project.find_uv)

    @property
    def name(self) -> str:
        """The name that selects it."""
        return LOCALSTACK

    @property
    def version(self) -> str:
        """Name and version."""
        return f"localstack-core {VERSION}"

    @property
    def log(self) -> Path:
        """The log file."""
        return self._folder / "cloud.log"

    def check(self) -> None:
        """Raise `MachineProblem` when it cannot run: on any system but Linux, or without its Python."""
        check_platform()
        self._installation.check()

    def prepare(self, step: Step) -> None:
        """Install it, at first and whenever its lock file has changed."""
        self._installation.make(step)

    def start(self, port: int) -> int:
        """Start it in the background, empty except for the service catalogue of an earlier start."""
        for folder in (self._tmp, self._files, self._home):
            if folder.is_symlink() or not folder.is_dir():
                folders.remove(folder)
            folder.mkdir(parents=True, exist_ok=True)
        return process.detached(
            [str(self._installation.python), "-m", _HOST, str(self._project.root), str(self._project.access_key)],
            cwd=_TOOLKIT,
            environment=self._environment(port),
            log=self.log,
        )

    def stop(self, pid: int, *, patience_s: float) -> None:
        """Stop it, or kill it after `patience_s` seconds, and end everything that it started."""
        started = process.start_time(pid)
        if started:
            process.end(pid, started, patience_s=patience_s)
        self.sweep()

    def sweep(self) -> None:
        """End function processes that outlived it, and remove all its files except its caches.

        The cache holds the catalogue of all services: the first call takes 0.2 s with it, and 3 s without.
        """
        process.end_all_below(self._tmp)
        cache = self._files / _CACHE
        aside = self._folder / "cache"
        if cache.is_dir() and not aside.exists():
            cache.replace(aside)
        for folder in (self._tmp, self._files):
            folders.try_to_remove(folder)
        if aside.is_dir() and not cache.exists():
            cache.parent.mkdir(parents=True, exist_ok=True)
            aside.replace(cache)

    def forget(self) -> None:
        """Remove its caches too."""
        folders.try_to_remove(self._files)

    def health(self, port: int) -> Health | None:
        """Ask the address of the host program."""
        return ask(port)

    def endpoint(self, port: int) -> str:
        """Return the one URL for all services."""
        return f"http://{LOOPBACK}:{port}"

    def _environment(self, port: int) -> dict[str, str]:
        """Return the whole environment (docs.localstack.cloud, "Configuration"); of the caller's it contains only PATH.

        HOME is an empty folder, so that neither LocalStack's nor the user's settings are read.
        """
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._home),
            "TMPDIR": str(self._tmp),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "NO_PROXY": unproxied_hosts(),
            "no_proxy": unproxied_hosts(),
            "GATEWAY_LISTEN": f"{LOOPBACK}:{port}",
            "LOCALSTACK_HOST": f"{LOOPBACK}:{port}",
            # In a container it would take itself for LocalStack's image, and write to /var/lib and /etc.
            "OVERRIDE_IN_DOCKER": "0",
            "FILESYSTEM_ROOT": str(self._files),
            **_OFFLINE,
            **_SERVICES,
        }


_OFFLINE = {
    "DISABLE_EVENTS": "1",
    "SKIP_SSL_CERT_DOWNLOAD": "1",
    "DNS_ADDRESS": "0",
}
"""Reports no start, fetches no certificate, and opens no DNS server."""

_SERVICES = {
    "EAGER_SERVICE_LOADING": "0",
    "PERSISTENCE": "0",
    # The open source code's own DynamoDB is a Java program that it downloads.
    "PROVIDER_OVERRIDE_DYNAMODB": "moto",
    "PROVIDER_OVERRIDE_DYNAMODBSTREAMS": "moto",
    "SQS_ENDPOINT_STRATEGY": "off",
    "LAMBDA_RUNTIME_EXECUTOR": "process",
    # AWS waits a minute, then two, before it retries an asynchronous invocation.
    "LAMBDA_RETRY_BASE_DELAY": "1",
    "LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC": "1",
}
"""Settings of the services."""
