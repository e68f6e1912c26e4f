"""A checkout of its own for the tests: they edit code and policies, and must never touch the one somebody works in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.guard.keys import AccessKey
from tests.integration.endpoint import Place
from tools.access.environments import Environment, find
from tools.project import Project

ROOT = Path(__file__).resolve().parents[2]
# Of this machine alone: nothing of them may be needed.
_LEFT_OUT_AT_THE_TOP = {".git", ".venv", ".local", "build", ".terraform", "terraform.tfstate.d"}
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".*_cache", "*.tfstate*", "*.tfplan*")


def clean_environment() -> dict[str, str]:
    """Return this process's environment without anything that would lead a command to another AWS or workspace."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_VAR_", "TF_WORKSPACE"))}
    return kept | {"PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True)
class Checkout:
    """A copy of the project with a state of its own.

    Parameters
    ----------
    root
        Where it is.
    place
        Where it deploys to.
    key
        The access key of the endpoint, where one was named.
    """

    root: Path
    place: Place
    key: AccessKey | None = None

    @property
    def project(self) -> Project:
        """Its paths."""
        return Project(self.root)

    @property
    def prefix(self) -> str:
        """How the names of everything that is deployed begin."""
        return f"starter-{self.place.environment}"

    @property
    def engine_option(self) -> list[str]:
        """What tells `up` which engine to start; nothing for the usual one."""
        return [] if self.place.engine == "ministack" else ["--engine", str(self.place.engine)]

    @property
    def build_options(self) -> list[str]:
        """What tells `build` to make what the deployment was made of; nothing where that is the usual."""
        manifest = json.loads((self.root / "build" / "manifest.json").read_text(encoding="utf-8"))
        if manifest["target"] == "local":
            return []
        return ["--target", manifest["target"], "--arch", manifest["architecture"]]

    def reach(self) -> Environment:
        """Return how the deployment is reached."""
        return find(self.project, self.place.environment, self.place.endpoint, key=self.key)

    def run(
        self, *command: str, check: bool = True, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in it and return how it ended; with `check`, fail with its output unless it exits with 0."""
        done = subprocess.run(
            command,
            cwd=self.root,
            env=clean_environment() | (self.key.variables() if self.key else {}) | (env or {}),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=600,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(command)} exited with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def command(self, *arguments: str) -> list[str]:
        """Return `python -m tools ARGUMENTS`, led to the deployment."""
        chosen = list[str]()
        if arguments[0] in _TAKE_ENVIRONMENT:
            chosen += ["--env", self.place.environment]
            chosen += ["--endpoint-url", self.place.endpoint] if self.place.endpoint else []
        return [sys.executable, "-m", "tools", *arguments, *chosen]

    def tools(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `python -m tools ARGUMENTS`."""
        return self.run(*self.command(*arguments), check=check)

    def build(self) -> dict[str, Any]:
        """Build what the last build was for, and return its report."""
        return dict(json.loads(self.tools("build", *self.build_options, "--json").stdout))

    def outputs(self) -> dict[str, Any]:
        """Return the deployment's outputs."""
        return dict(json.loads(self.tools("outputs", "--json").stdout))

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace text in one file; the text must be there."""
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{path} has no {old!r}"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")


_TAKE_ENVIRONMENT = {"deploy", "plan", "destroy", "smoke", "token", "outputs", "invoke", "redrive", "watch", "demo"}


def copy_project(target: Path) -> Path:
    """Copy the project to `target`, with the environment that `make setup` made linked to it."""

    def left_out(folder: str, names: list[str]) -> set[str]:
        return _LEFT_OUT(folder, names) | (_LEFT_OUT_AT_THE_TOP if Path(folder) == ROOT else set())

    shutil.copytree(ROOT, target, ignore=left_out, dirs_exist_ok=True)
    if (ROOT / ".venv").is_dir():
        (target / ".venv").symlink_to(ROOT / ".venv")
    return target
