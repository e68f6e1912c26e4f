"""A copy of the configuration that tests may change, and Terraform's own word on it."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.access.providers import init_arguments
from tools.build.sources import layer_names, source_hash
from tools.project import find_project

ROOT = find_project().root
MODULES = (
    "api-gateway",
    "api-gateway/websocket",
    "functions",
    "functions/function",
    "layers",
    "monitoring",
    "security",
    "storage",
    "storage/bucket",
    "storage/table",
    "triggers",
    "triggers/queue",
)
_COPIED = ("*.tf", "*.yaml", "*.hcl", "*.tfvars", "*.py", "requirements.in", "requirements.txt")
_FOLDERS = ("lambda_src", "environments", "tests/terraform", *(name for name in MODULES if "/" not in name))


@functools.cache
def _init_arguments() -> tuple[str, ...]:
    return tuple(init_arguments(os.environ))


def environment() -> dict[str, str]:
    """Return the environment for Terraform: this one, without anything that would change what a plan says."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("TF_", "AWS_"))}
    named = os.environ.get("TF_CLI_CONFIG_FILE")
    if named and Path(named).is_file():
        kept["TF_CLI_CONFIG_FILE"] = named
    return {**kept, "AWS_REGION": "eu-west-1", "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}


def terraform(folder: Path, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run Terraform in a folder; never raises for what Terraform answers."""
    return subprocess.run(
        ["terraform", *arguments],
        cwd=folder,
        env=environment(),
        input=stdin,
        stdin=None if stdin is not None else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


def initialised(folder: Path) -> Path:
    """Run `terraform init` with the project's lock; return the folder."""
    lock = folder / ".terraform.lock.hcl"
    if not lock.exists():
        shutil.copyfile(ROOT / ".terraform.lock.hcl", lock)
    result = terraform(folder, "init", "-input=false", "-backend=false", "-lockfile=readonly", *_init_arguments())
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


def _wanted(folder: str, names: list[str]) -> set[str]:
    kept = {name for pattern in _COPIED for name in names if Path(name).match(pattern)}
    folders = {name for name in names if (Path(folder) / name).is_dir() and not name.startswith((".", "__pycache__"))}
    return set(names) - kept - folders


def copy_configuration(destination: Path) -> Path:
    """Copy what Terraform reads of the project, without a build; return the copy's root."""
    destination.mkdir(parents=True)
    for path in (*ROOT.glob("*.tf"), ROOT / ".terraform.lock.hcl"):
        shutil.copyfile(path, destination / path.name)
    for folder in _FOLDERS:
        shutil.copytree(ROOT / folder, destination / folder, ignore=_wanted)
    return destination


def function_names(root: Path = ROOT) -> list[str]:
    """Return the functions: whoever stands in security/permissions.yaml."""
    return re.findall(r"^([a-z][a-z0-9-]*):", (root / "security" / "permissions.yaml").read_text(), re.MULTILINE)


def write_fake_build(root: Path, target: str = "aws", **changes: object) -> None:
    """Write a manifest of artefacts that are one byte each: a plan needs no more of a build.

    Parameters
    ----------
    changes
        Keys of the manifest to set to something else.
    """
    made: dict[str, dict[str, object]] = {"functions": {}, "layers": {}}
    for kind, names in (("functions", function_names(root)), ("layers", layer_names(str(root)))):
        for name in names:
            path = root / "build" / kind / f"{name}.zip"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"z")
            made[kind][name] = {
                "file": path.relative_to(root).as_posix(),
                "key": f"{kind}/{name}/0123.zip",
                "sha256": "00",
                "sha256_base64": "AA==",
                "size": 1,
            }
            if kind == "functions":
                made[kind][name] |= {"handler": "module.handler", "layers": []}  # type: ignore[operator]
    manifest = {"format": 1, "target": target, "architecture": "arm64", "source_hash": source_hash(root), **made}
    (root / "build" / "manifest.json").write_text(json.dumps(manifest | changes))


@dataclass(frozen=True)
class Outcome:
    """What `terraform test` found.

    Parameters
    ----------
    statuses
        `pass`, `fail`, `error` or `skip` by run.
    said
        By run, everything said about it, one line per finding; what belongs to no run stands under "".
    planned
        By run, the plan's `resource_changes` ("JSON Output Format"), where `-verbose` asks for plans.
    """

    statuses: Mapping[str, str]
    said: Mapping[str, list[str]] = field(default_factory=dict)
    planned: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def failures(self) -> str:
        """Everything that is not well, for people; empty when all is."""
        lines = [f"{run}: {status}" for run, status in self.statuses.items() if status != "pass"]
        lines += [f"  {run or '(no run)'}: {line}" for run, said in self.said.items() for line in said]
        return "\n".join(lines)


def terraform_test(folder: Path, *arguments: str) -> Outcome:
    """Run `terraform test` in an initialised folder."""
    result = terraform(folder, "test", "-json", *arguments)
    statuses: dict[str, str] = {}
    said: dict[str, list[str]] = {}
    planned: dict[str, list[dict[str, Any]]] = {}
    for line in result.stdout.splitlines():
        event = json.loads(line)
        if event["type"] == "test_run" and event["test_run"].get("progress") in {None, "complete"}:
            statuses[event["test_run"]["run"]] = event["test_run"]["status"]
        elif event["type"] == "test_plan":
            planned[event["@testrun"]] = event["test_plan"]["resource_changes"]
        elif event["type"] == "diagnostic" and event["diagnostic"]["severity"] == "error":
            text = " ".join(f"{event['diagnostic']['summary']}: {event['diagnostic'].get('detail', '')}".split())
            said.setdefault(event.get("@testrun", ""), []).append(text)
    if not statuses:
        said.setdefault("", []).append(result.stdout[-2000:] + result.stderr[-2000:])
    return Outcome(statuses, said, planned)


def terraform_validate(folder: Path) -> Outcome:
    """Run `terraform validate` in an initialised folder."""
    found = json.loads(terraform(folder, "validate", "-json").stdout)
    said = [f"{each['summary']}: {each.get('detail', '')}" for each in found["diagnostics"]]
    return Outcome({"validate": "pass" if found["valid"] else "fail"}, {"validate": said} if said else {})


def runs_of(text: str) -> list[tuple[str, str, str]]:
    """Return the runs of a test file as (name, block, the sentence after `# says:` before it or "")."""
    pattern = re.compile(r'^(?:# says: (?P<says>[^\n]*)\n)?run "(?P<name>[^"]+)" \{\n.*?^\}$', re.MULTILINE | re.DOTALL)
    return [
        (found["name"], found[0][found[0].index('run "') :], found["says"] or "") for found in pattern.finditer(text)
    ]


def preamble_of(text: str) -> str:
    """Return what stands before the first run of a test file: mocks, overrides and variables."""
    first = re.search(r'^(?:# says: [^\n]*\n)?run "', text, re.MULTILINE)
    assert first is not None
    return text[: first.start()]
