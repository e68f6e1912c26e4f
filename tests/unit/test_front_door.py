"""What a repository's visitors, their editors and GitHub look for is there, and says what the project does."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest
import yaml

from tools.project import find_project

PROJECT = find_project()
ROOT = PROJECT.root
FORMS = ("bug.yml", "idea.yml")
FILES = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    ".editorconfig",
    ".github/PULL_REQUEST_TEMPLATE.md",
    *(f".github/ISSUE_TEMPLATE/{form}" for form in FORMS),
    ".github/workflows/ci.yml",
    ".pre-commit-config.yaml",
    ".vscode/extensions.json",
    ".vscode/settings.json",
)


def _yaml(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def test_every_file_is_there_and_none_is_ignored() -> None:
    assert [name for name in FILES if not (ROOT / name).is_file()] == []
    if not (ROOT / ".git").exists():
        pytest.skip("only git knows what it ignores")
    done = subprocess.run(
        ["git", "check-ignore", "--no-index", *FILES], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout == ""


def test_continuous_integration_runs_what_anybody_can_run() -> None:
    """Checked by hand with actionlint when the file was written; this keeps what must not be lost."""
    workflow = _yaml(".github/workflows/ci.yml")
    triggers = workflow[True]  # YAML 1.1 reads the key `on` so
    assert triggers["push"] == {"branches": ["main"]}
    assert "pull_request" in triggers
    assert workflow["permissions"] == {"contents": "read"}
    [job] = workflow["jobs"].values()
    steps = job["steps"]
    assert 0 < job["timeout-minutes"] <= 90
    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step["uses"]) for step in steps if "uses" in step)
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_continuous_integration_has_the_versions_that_the_project_supports() -> None:
    [job] = _yaml(".github/workflows/ci.yml")["jobs"].values()
    oldest, newest = re.findall(r"3\.\d+", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))[:2]
    pythons = job["strategy"]["matrix"]["python"]
    assert pythons[0] == oldest
    assert int(pythons[-1].split(".")[1]) + 1 == int(newest.split(".")[1])
    [terraform] = [step["with"] for step in job["steps"] if "setup-terraform" in step.get("uses", "")]
    required = re.search(r'required_version = ">= ([\d.]+)"', (ROOT / "versions.tf").read_text(encoding="utf-8"))
    assert required is not None
    assert terraform["terraform_version"].startswith(f"~{required[1]}.")


def test_hooks_are_the_projects_own_tools() -> None:
    [repository] = _yaml(".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        assert {"id", "name", "entry"} <= hook.keys()
        assert hook["language"] == "system"
        assert hook["entry"].startswith(".venv/bin/python -m tools ")


@pytest.mark.parametrize("form", FORMS)
def test_issue_forms_are_ones(form: str) -> None:
    """By GitHub's "Syntax for issue forms": without one of these, no form is shown."""
    found = _yaml(f".github/ISSUE_TEMPLATE/{form}")
    assert found["name"]
    assert found["description"]
    parts = [part for part in found["body"] if part["type"] != "markdown"]
    assert all(part["type"] in {"textarea", "input", "dropdown", "checkboxes"} for part in parts)
    assert all(part["attributes"]["label"] for part in parts)
    ids = [part["id"] for part in parts]
    assert len(set(ids)) == len(ids)


def test_the_editor_finds_tests_and_sources() -> None:
    settings = json.loads((ROOT / ".vscode" / "settings.json").read_text(encoding="utf-8"))
    assert settings["python.testing.pytestEnabled"]
    folders = [*settings["python.testing.pytestArgs"], *settings["python.analysis.extraPaths"]]
    assert all((ROOT / folder).is_dir() for folder in folders)
    assert json.loads((ROOT / ".vscode" / "extensions.json").read_text(encoding="utf-8"))["recommendations"]


def test_the_changelog_begins_with_this_version() -> None:
    """By "Keep a Changelog" 1.1.0: unreleased changes first, then versions with their dates."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    versions = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}", heading) for heading in headings[1:]]
    assert all(versions)
    assert versions[0] is not None
    assert versions[0][1] == PROJECT.version
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)$", text, re.MULTILINE)) <= kinds


def test_the_index_of_the_documentation_names_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = [path.name for path in (ROOT / "docs").glob("*.md") if path.name != "README.md"]
    folders = [f"{path.name}/" for path in (ROOT / "docs").iterdir() if path.is_dir()]
    assert [name for name in (*pages, *folders) if f"]({name})" not in index] == []


def test_the_readmes_diagrams_show_nothing_that_does_not_exist() -> None:
    diagrams = re.findall(r"```mermaid\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(diagrams) == 2
    shown = {name for diagram in diagrams for name in re.findall(r"[a-z]+(?:-[a-z]+)+", diagram)}
    functions = {path.stem for path in (ROOT / "docs" / "functions").glob("*.md")}
    assert shown - functions - {"notifications-dlq"} == set()
    assert len(shown & functions) > 10
