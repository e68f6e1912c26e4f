"""The engine MiniStack, started through our launcher, which applies our patches."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from pathlib import Path

from localcloud import folders, process
from localcloud.checkout import Checkout
from localcloud.cloud import LOOPBACK, MINISTACK, REGION, Health, Step, unproxied_hosts
from localcloud.errors import CloudProblem
from localcloud.instance import ask
from localcloud.ministack import faults
from localcloud.ministack.patches import VERSION

_ASYNC_RETRY_BASE_S = "0.2"  # AWS waits a minute, then two
_TOOLKIT = Path(__file__).resolve().parents[2]


def installed_version() -> str | None:
    """Return the version of MiniStack in this environment, or `None`."""
    try:
        return importlib.metadata.version("ministack")
    except importlib.metadata.PackageNotFoundError:
        return None


def check_version() -> None:
    """Raise `CloudProblem` unless exactly the version that the patches are written for is installed."""
    found = installed_version()
    if found != VERSION:
        raise CloudProblem(
            f"The local cloud needs ministack {VERSION}, and {found or 'none'} is installed in {sys.prefix}.",
            "make setup",
        )


class MiniStack:
    """MiniStack for one checkout.

    Parameters
    ----------
    folder
        Where it keeps its state, log and temporary files.
    project
        The checkout; its root is reported to callers, so that two checkouts are never confused.
    """

    def __init__(self, folder: Path, project: Checkout) -> None:
        self._folder = folder
        self._project = project
        self._tmp = folder / "tmp"
        self._state = folder / "state"
        self._objects = folder / "objects"
        self._clean = folder / "clean"

    @property
    def name(self) -> str:
        """The name that selects it."""
        return MINISTACK

    @property
    def version(self) -> str:
        """Name and version."""
        return f"ministack {VERSION}"

    @property
    def log(self) -> Path:
        """The log file."""
        return self._folder / "cloud.log"

    def check(self) -> None:
        """Raise `CloudProblem` unless the version that the patches are written for is installed."""
        check_version()

    def prepare(self, step: Step) -> None:
        """Do nothing: it is installed with the toolkit."""

    def start(self, port: int) -> int:
        """Start it in the background; state is loaded only after a clean stop of the same version.

        MiniStack saves its state only when it is stopped gracefully. Without the marker of such a stop, the files are
        older than what callers have seen, and are removed.
        """
        self.prepare_folders()
        return process.detached(
            [
                sys.executable,
                "-m",
                "localcloud.ministack.launcher",
                str(self._project.root),
                str(self._project.access_key),
                str(self._clean),
            ],
            cwd=_TOOLKIT,
            environment=self._environment(port),
            log=self.log,
        )

    def prepare_folders(self) -> None:
        """Create its folders, and empty those that must not be loaded; raise `MachineProblem` when that fails."""
        kept = self._clean.is_file() and self._clean.read_text() == self.version
        if not kept:
            self.forget()
        for folder in (self._tmp, self._state, self._objects, self._folder / "home"):
            if folder.is_symlink() or not folder.is_dir():
                folders.remove(folder)
            folder.mkdir(parents=True, exist_ok=True)

    def stop(self, pid: int, *, patience_s: float) -> None:
        """Stop it, which saves its state, or kill it after `patience_s` seconds."""
        started = process.start_time(pid)
        if started:
            process.end(pid, started, patience_s=patience_s)
        self.sweep()

    def sweep(self) -> None:
        """End workers that outlived it, and empty its temporary folder."""
        process.end_all_below(self._tmp)
        folders.try_to_remove(self._tmp)

    def forget(self) -> None:
        """Remove the saved state, or raise `MachineProblem`: what is left would be loaded."""
        self._clean.unlink(missing_ok=True)
        folders.remove(self._state)
        folders.remove(self._objects)

    def health(self, port: int) -> Health | None:
        """Ask the launcher's own address; takes 1 ms, or 2 s at most when it is busy."""
        return ask(port)

    def endpoint(self, port: int) -> str:
        """Return the one URL for all services."""
        return f"http://{LOOPBACK}:{port}"

    def _environment(self, port: int) -> dict[str, str]:
        """Return the whole environment. Handlers inherit it, so of the caller's it contains only PATH.

        HOME is an empty folder, so that no handler reads the user's AWS profile.
        """
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._folder / "home"),
            "TMPDIR": str(self._tmp),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "NO_PROXY": unproxied_hosts(),
            "BIND_HOST": LOOPBACK,
            "GATEWAY_PORT": str(port),
            "MINISTACK_REGION": REGION,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "AUTH": "true",
            "LAMBDA_ASYNC_RETRY_BASE_SECONDS": _ASYNC_RETRY_BASE_S,
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self._state),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self._objects),
            **({faults.VARIABLE: os.environ[faults.VARIABLE]} if faults.VARIABLE in os.environ else {}),
        }
