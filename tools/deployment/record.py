"""What was deployed last to an environment, and whether anything has changed since.

A deployment is described by a fingerprint over everything that decides its outcome. When it is the same as last time,
Terraform, which needs 3 s to find that out, is not started at all.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tools.access.environments import Environment
from tools.project import Project

# What a folder of configuration may hold that is read by Terraform: itself, and what it renders.
_READ_BY_TERRAFORM = {".tf", ".tfvars", ".yaml", ".json", ".tftpl"}


@dataclass(frozen=True)
class Record:
    """A finished deployment.

    Parameters
    ----------
    fingerprint
        As from `fingerprint` after it.
    instance_id
        The local cloud that it went to; None on AWS.
    outputs
        Terraform's outputs by name.
    endpoint
        The emulator that it went to; None on AWS.
    """

    fingerprint: str
    instance_id: str | None
    outputs: dict[str, Any]
    endpoint: str | None = None


def state_file(project: Project, environment: Environment) -> Path:
    """Return where Terraform's local backend keeps the environment's state."""
    return project.root / "terraform.tfstate.d" / environment.name / "terraform.tfstate"


def _file(project: Project, environment: Environment) -> Path:
    return project.state / "deployments" / f"{environment.name}.json"


def read(project: Project, environment: Environment) -> Record | None:
    """Return the record of the last deployment, or None."""
    try:
        record = Record(**json.loads(_file(project, environment).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return record if isinstance(record.outputs, dict) else None


def write(project: Project, environment: Environment, record: Record) -> None:
    """Keep `record` as the last deployment."""
    path = _file(project, environment)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(asdict(record)), encoding="utf-8")
    temporary.replace(path)


def begin(project: Project, environment: Environment) -> None:
    """Note that a deployment is under way: however it ends, the next one starts Terraform, and knows the cloud."""
    write(project, environment, Record("", environment.instance_id, {}, environment.endpoint))


def forget(project: Project, environment: Environment) -> None:
    """Forget the last deployment: the next one starts Terraform."""
    _file(project, environment).unlink(missing_ok=True)


def _configuration(project: Project, environment: Environment) -> list[Path]:
    files = [environment.var_file, project.manifest, project.root / ".terraform.lock.hcl"]
    left_out = (project.build, project.environments, project.state)
    for folder in (project.root, *_folders(project.root)):
        if folder in left_out:
            continue
        below = () if folder == project.root else _folders(folder)
        for module in (folder, *below):
            entries = list(module.iterdir())
            if any(entry.suffix == ".tf" for entry in entries):
                files += [entry for entry in entries if entry.suffix in _READ_BY_TERRAFORM and entry.name[0] != "."]
    return sorted(path for path in set(files) if path.is_file())


def _folders(folder: Path) -> list[Path]:
    return [entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith((".", "__"))]


def fingerprint(project: Project, environment: Environment) -> str | None:
    """Return a hash over configuration, variables, artefacts, the state and the local cloud's id.

    None where the state is not a local file: whether somebody else has deployed since, only Terraform can tell then.
    """
    state = state_file(project, environment)
    if not state.is_file():
        return None
    digest = hashlib.sha256()
    for path in [*_configuration(project, environment), state]:
        digest.update(f"{path.relative_to(project.root)} ".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    variables = {key: value for key, value in environment.variables.items() if key.startswith("TF_VAR_")}
    digest.update(json.dumps([variables, environment.endpoint, environment.instance_id], sort_keys=True).encode())
    digest.update((environment.variables.get("AWS_REGION") or os.environ.get("AWS_PROFILE") or "").encode())
    return digest.hexdigest()
