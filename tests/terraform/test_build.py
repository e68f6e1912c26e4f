"""Terraform only reads the build: a missing, stale or foreign one stops the plan with the command that fixes it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.terraform.scratch import ROOT, Outcome, terraform
from tools.build.sources import source_hash

REFUSALS = {
    "missing": "Nothing is built yet. Run: ",
    "foreign": "The build is for ",
    "elsewhere": "The workspace ",
    "stale": "The sources have changed since the build. Run: ",
}
VARIABLES = """
variable "emulator" {
  type    = object({ endpoint = string, build_target = optional(string, "local") })
  default = null
}
variable "environment" {
  default = "dev"
}
"""
EMULATOR = '-var=emulator={endpoint="http://127.0.0.1:4566"}'
RUNS_WHAT_AWS_RUNS = '-var=emulator={endpoint="http://127.0.0.1:4567",build_target="aws"}'


@pytest.fixture
def reader(tmp_path: Path) -> Path:
    """build.tf by itself: it needs no provider, and plans in a blink."""
    shutil.copyfile(ROOT / "build.tf", tmp_path / "build.tf")
    (tmp_path / "variables.tf").write_text(VARIABLES)
    for path, text in {
        "lambda_src/domain/items.py": "ITEM = 1\n",
        "lambda_src/crud_api/create_item.py": "import domain.items\n",
        "lambda_src/crud_api/Zebra.py": "",
        "lambda_src/crud_api/apple.py": "",
        "lambda_src/crud_api/a-b.py": "",
        "lambda_src/crud_api/deep/er/module.py": "x = 1",
        "lambda_src/top.py": "",
        "lambda_src/notes.txt": "not a source",
        "lambda_src/crud_api/__pycache__/create_item.cpython-313.pyc": "not a source",
        # Nobody's sources: what editors, notebooks and Python leave behind
        "lambda_src/crud_api/.create_item.py": "hidden",
        "lambda_src/crud_api/.ipynb_checkpoints/create_item-checkpoint.py": "hidden",
        "lambda_src/crud_api/__pycache__/old.py": "not a source",
        "layers/.old/requirements.txt": "hidden==1\n",
        "layers/base/requirements.txt": "one==1\n",
        "layers/base/requirements.in": "one\n",
        "layers/auth/requirements.txt": "two==2\n",
        "layers/auth/requirements.in": "two\n",
        "api-gateway/openapi.yaml": "openapi: 3.0.1\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    # What an editor leaves beside a file with changes that are not saved: a link to nothing
    (tmp_path / "lambda_src" / "crud_api" / ".#apple.py").symlink_to("somebody@somewhere.123")
    (tmp_path / "lambda_src" / "linked").symlink_to("domain")
    (tmp_path / "lambda_src" / "folder.py").mkdir()
    assert terraform(tmp_path, "init", "-input=false").returncode == 0
    return tmp_path


def _manifest(reader: Path, **changes: str) -> None:
    (reader / "build").mkdir(exist_ok=True)
    manifest = {"target": "aws", "architecture": "arm64", "source_hash": source_hash(reader), **changes}
    (reader / "build" / "manifest.json").write_text(json.dumps(manifest))


def _plan(reader: Path, *arguments: str) -> tuple[int, str]:
    result = terraform(reader, "plan", "-no-color", "-input=false", *arguments)
    return result.returncode, " ".join((result.stdout + result.stderr).replace("│", " ").split())


def test_a_fresh_build_is_taken(reader: Path) -> None:
    _manifest(reader)
    code, said = _plan(reader)
    assert code == 0, said


@pytest.mark.parametrize(("arguments", "target"), [((), "aws"), ((EMULATOR,), "local")])
def test_a_missing_build_is_refused(reader: Path, arguments: tuple[str, ...], target: str) -> None:
    code, said = _plan(reader, *arguments)
    assert code == 1
    assert f"{REFUSALS['missing']}python -m tools build --target {target}" in said


def test_an_emulator_that_runs_what_is_made_for_aws(reader: Path) -> None:
    code, said = _plan(reader, RUNS_WHAT_AWS_RUNS)
    assert code == 1
    # `build --target aws` alone would make it for AWS's processor.
    assert f"{REFUSALS['missing']}python -m tools plan --env dev" in said
    _manifest(reader)
    code, said = _plan(reader, RUNS_WHAT_AWS_RUNS)
    assert code == 0, said


@pytest.mark.parametrize(
    "changed",
    [
        "lambda_src/domain/items.py",
        "lambda_src/crud_api/new.py",
        "layers/base/requirements.txt",
        "api-gateway/openapi.yaml",
    ],
)
def test_a_stale_build_is_refused(reader: Path, changed: str) -> None:
    _manifest(reader)
    (reader / changed).write_text("something else\n")
    code, said = _plan(reader)
    assert code == 1
    assert f"{REFUSALS['stale']}python -m tools build --target aws" in said


@pytest.mark.parametrize("unchanged", ["lambda_src/notes.txt", "lambda_src/domain/notes.md", "README.md"])
def test_what_is_not_built_makes_nothing_stale(reader: Path, unchanged: str) -> None:
    _manifest(reader)
    (reader / unchanged).write_text("something else\n")
    assert _plan(reader)[0] == 0


@pytest.mark.parametrize(("built", "wanted", "arguments"), [("local", "aws", ()), ("aws", "local", (EMULATOR,))])
def test_a_foreign_build_is_refused(reader: Path, built: str, wanted: str, arguments: tuple[str, ...]) -> None:
    _manifest(reader, target=built)
    code, said = _plan(reader, *arguments)
    assert code == 1
    assert f'{REFUSALS["foreign"]}"{built}", and this environment wants "{wanted}". Run: ' in said
    assert f"Run: python -m tools build --target {wanted}" in said


@pytest.mark.parametrize(("workspace", "code"), [("dev", 0), ("prod", 1)])
def test_another_environments_workspace_is_refused(reader: Path, workspace: str, code: int) -> None:
    _manifest(reader)
    assert terraform(reader, "workspace", "new", workspace).returncode == 0
    found, said = _plan(reader)
    assert found == code
    refusal = f'{REFUSALS["elsewhere"]}"prod" is not that of the environment "dev". Use one environment'
    assert (refusal in said) is (code == 1)


def test_terraform_and_the_builder_hash_alike(reader: Path) -> None:
    _manifest(reader)
    result = terraform(reader, "console", stdin="local.source_hash\n")
    assert result.stdout.strip() == f'"{source_hash(reader)}"', result.stderr


def test_they_hash_this_project_alike(tmp_path: Path) -> None:
    for name in ("lambda_src", "layers", "api-gateway"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns(".*", "*.tf", "*.hcl"))
    shutil.copyfile(ROOT / "build.tf", tmp_path / "build.tf")
    (tmp_path / "variables.tf").write_text(VARIABLES)
    assert terraform(tmp_path, "init", "-input=false").returncode == 0
    result = terraform(tmp_path, "console", stdin="local.source_hash\n")
    assert result.stdout.strip() == f'"{source_hash(tmp_path)}"', result.stderr


@pytest.mark.job("without-a-build")
def test_without_a_build_the_whole_configuration_says_that_and_nothing_else(outcome: Outcome) -> None:
    [said] = [line for lines in outcome.said.values() for line in lines]
    assert "Nothing is built yet. Run: python -m tools build --target aws" in said
