"""The state file of Terraform's local backend, after a run that could not finish writing it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tools.access.environments import Environment
from tools.deployment import record as records
from tools.deployment.recovery.orphans import Known
from tools.errors import TerraformProblem
from tools.project import Project
from tools.terminal.console import Console

ERRORED = "errored.tfstate"
"""Where Terraform leaves a state that it could not save (Terraform documentation, "State: Recovery")."""


def _read(path: Path) -> dict[str, Any] | None:
    """Return a whole state; None where it is missing, empty or cut off."""
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) and "lineage" in state and "resources" in state else None


def _is_damaged(path: Path, backup: dict[str, Any] | None) -> bool:
    """An empty file alone is what a run leaves that made nothing; beside a backup with content it was cut off."""
    if not path.is_file() or _read(path) is not None:
        return False
    return path.stat().st_size > 0 or bool(backup and backup["resources"])


def _unsaved(environment: Environment, path: Path, current: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the state that an apply of this environment could not save, where it is newer than what there is."""
    left = _read(path)
    if left is None or Known.of(left).tags.get("Environment") != environment.name:
        return None
    if current is None:
        return left
    return left if left["lineage"] == current["lineage"] and left["serial"] > current["serial"] else None


def repair(project: Project, environment: Environment, console: Console) -> bool:
    """Bring back the state of an environment where the last run could not finish writing it; return whether it did.

    On an emulator the best state that there is takes its place: what it lacks is found on the emulator. The damaged
    one is kept beside it.

    Raises
    ------
    TerraformProblem
        It is an environment on AWS, where a person decides; with the command.
    """
    path = records.state_file(project, environment)
    backup_path, errored = path.with_name(path.name + ".backup"), project.root / ERRORED
    current, backup = _read(path), _read(backup_path)
    damaged = _is_damaged(path, backup)
    unsaved = _unsaved(environment, errored, current)
    if not damaged and unsaved is None:
        return False
    source = errored if unsaved else backup_path if backup else None
    if not environment.emulated:
        _ask(environment, path.relative_to(project.root), source and source.relative_to(project.root), bool(unsaved))
    if damaged:
        path.replace(path.with_name(path.name + ".damaged"))
    if source is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.read_bytes())
        if unsaved:
            errored.unlink()
    origin = f"taken from {source.name}" if source else "begun anew"
    console.say(f"The state of {environment.name} was not saved whole: it is {origin}, and completed by what exists.")
    return True


def _ask(environment: Environment, path: Path, source: Path | None, unsaved: bool) -> None:
    if unsaved:
        raise TerraformProblem(
            f"{ERRORED} holds what the last apply to {environment.name} could not save.",
            f"TF_WORKSPACE={environment.name} terraform state push {ERRORED}, then put that file away",
        )
    raise TerraformProblem(
        f"The state file {path} is damaged.",
        f"cp {source} {path}, then: python -m tools plan --env {environment.name}"
        if source
        else f"put a copy of it back; what is deployed to {environment.name} is still there",
    )
