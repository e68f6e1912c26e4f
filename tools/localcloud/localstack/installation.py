"""Where LocalStack is installed: an environment of its own with Python 3.13, exactly as locked, made when first needed.

It lies within the toolkit's environment, so that checkouts that share one share the other. Each lock has an environment
of its own: where two checkouts are locked otherwise, neither installs under the feet of the other's running LocalStack.
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

from tools.build.bytecode import AWS_PYTHON, find_interpreter
from tools.build.wheels import cannot_write, find_uv
from tools.errors import MachineProblem
from tools.localcloud.cloud import Step

_LOCK = Path(__file__).resolve().parents[3] / "requirements" / "localstack.txt"
_LAST_LINES = 5


def find_python() -> str:
    """Return a Python that LocalStack runs on, or raise `MachineProblem`."""
    try:
        return find_interpreter().path
    except MachineProblem:
        raise MachineProblem(
            f"LocalStack runs on Python {AWS_PYTHON}, and none that runs was found on the PATH, in pyenv or by uv.",
            f".venv/bin/uv python install {AWS_PYTHON}",
        ) from None


class Installation:
    """One environment with LocalStack in it.

    Parameters
    ----------
    folder
        Where it is; by default below `.venv/localstack`, named by the lock. Everything in it is the installation's own.
    requirements
        The lock, with hashes.
    find
        Returns the Python to make it with.
    uv
        Returns uv's executable.
    """

    def __init__(
        self,
        folder: Path | None = None,
        requirements: Path = _LOCK,
        *,
        find: Callable[[], str] = find_python,
        uv: Callable[[], str] = find_uv,
    ) -> None:
        self._requirements = requirements
        self.folder = folder or Path(sys.prefix) / "localstack" / self._wanted()[:12]
        self._find = find
        self._uv = uv
        self._stamp = self.folder / "locked-as"

    @property
    def python(self) -> Path:
        """Its interpreter, whether or not it is there."""
        return self.folder / "bin" / "python"

    @property
    def complete(self) -> bool:
        """Whether it is there, as the lock says, and the Python that it was made with is still on the machine."""
        try:
            return self._stamp.read_text() == self._wanted() and os.access(self.python, os.X_OK)
        except OSError:
            return False

    def check(self) -> None:
        """Raise `MachineProblem` when it is not there and cannot be made here for want of a Python."""
        if not self.complete:
            self._find()

    def make(self, step: Step) -> None:
        """Install it, unless it is complete. One command at a time does; the others wait and find it done.

        The stamp is written last: after an interruption, everything is made again. uv keeps what it has downloaded.
        No byte code is compiled: that takes 11 s and 160 MB, and the first start compiles the few modules that it
        imports in 3 s.

        Raises
        ------
        MachineProblem
            There is no Python for it, or its packages cannot be had.
        """
        if self.complete:
            return
        with step("Installing LocalStack into an environment of its own"), self._alone():
            if self.complete:
                return
            python = self._find()
            shutil.rmtree(self.folder, ignore_errors=True)
            self._run("venv", "--no-project", "--no-python-downloads", "--python", python, str(self.folder))
            self._run("pip", "install", "--python", str(self.python), "--require-hashes", "-r", str(self._requirements))
            self.note_complete()

    def note_complete(self) -> None:
        """Note that what is there is what the lock says."""
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
    def _alone(self) -> Iterator[None]:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with self.folder.with_name(self.folder.name + ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
