"""LocalStack's own environment with Python 3.13, installed exactly as locked when it is first needed.

It is inside the toolkit's environment, so checkouts that share one share the other. Each lock file has its own
environment: a checkout with another lock file does not change the files of a running LocalStack.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from localcloud.cloud import Step
from localcloud.errors import MachineProblem, cannot_write

_LOCK = Path(__file__).resolve().parents[2] / "requirements" / "localstack.txt"
_LAST_LINES = 5


class Installation:
    """An environment with LocalStack in it.

    Parameters
    ----------
    folder
        Its folder; by default below `.venv/localstack`, named after the lock file. Everything in it belongs to the
        installation.
    requirements
        The lock file, with hashes.
    find
        Returns the Python to create it with.
    uv
        Returns the path of uv.
    """

    def __init__(
        self,
        folder: Path | None = None,
        requirements: Path = _LOCK,
        *,
        find: Callable[[], str],
        uv: Callable[[], str],
    ) -> None:
        self._requirements = requirements
        self.folder = folder or Path(sys.prefix) / "localstack" / self._wanted()[:12]
        self._find = find
        self._uv = uv
        self._stamp = self.folder / "locked-as"

    @property
    def python(self) -> Path:
        """Its interpreter, which may not exist yet."""
        return self.folder / "bin" / "python"

    @property
    def complete(self) -> bool:
        """Whether it is installed as locked, and its base Python still exists."""
        try:
            return self._stamp.read_text() == self._wanted() and os.access(self.python, os.X_OK)
        except OSError:
            return False

    def check(self) -> None:
        """Raise `MachineProblem` when it is missing and cannot be installed because there is no Python for it."""
        if not self.complete:
            self._find_python()

    def _find_python(self) -> str:
        try:
            return self._find()
        except MachineProblem as lacking:
            raise MachineProblem(f"LocalStack cannot be installed. {lacking.problem}", lacking.fix) from None

    def make(self, step: Step) -> None:
        """Install it, unless it is complete. When several commands run at once, one installs it and the others wait.

        The stamp is written last, so an interrupted installation starts again; uv keeps its downloads. Byte code is not
        compiled: that takes 11 s and 160 MB, and the first start compiles the few modules that it imports in 3 s.

        Raises
        ------
        MachineProblem
            There is no Python for it, or its packages cannot be downloaded.
        """
        if self.complete:
            return
        with step("Installing LocalStack into its own environment"), self._locked():
            if self.complete:
                return
            python = self._find_python()
            shutil.rmtree(self.folder, ignore_errors=True)
            self._run("venv", "--no-project", "--no-python-downloads", "--python", python, str(self.folder))
            self._run("pip", "install", "--python", str(self.python), "--require-hashes", "-r", str(self._requirements))
            self.note_complete()

    def note_complete(self) -> None:
        """Record that it is installed as locked."""
        self._stamp.write_text(self._wanted())

    def _wanted(self) -> str:
        return hashlib.sha256(self._requirements.read_bytes()).hexdigest() + "\n"

    def _run(self, *arguments: str) -> None:
        command = [self._uv(), "--quiet", "--no-config", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            said = "\n".join(done.stderr.strip().splitlines()[-_LAST_LINES:])
            raise cannot_write(done.stderr) or MachineProblem(
                f"LocalStack cannot be installed into {self.folder}.\n{said}",
                "connect to the internet, or point uv at a mirror of PyPI (UV_DEFAULT_INDEX), and try again",
            )

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with self.folder.with_name(self.folder.name + ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
