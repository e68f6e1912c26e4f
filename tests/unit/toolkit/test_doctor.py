"""What the doctor finds on machines that lack something."""

from __future__ import annotations

import os
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from tests.browser import PROGRAMS
from tests.unit.toolkit.conftest import FakeTerraform
from tools.checks import doctor
from tools.checks.doctor import examine
from tools.checks.findings import Finding
from tools.errors import MachineProblem
from tools.programs import this_interpreter
from tools.project import Project


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what looks at other programs of this machine."""
    monkeypatch.setattr(doctor, "_tflint", lambda: Finding("tflint", "ok", "there"))
    monkeypatch.setattr(doctor, "_target_python", lambda: Finding("Python 3.13", "ok", "there"))
    monkeypatch.setattr("tools.programs.find_interpreter", this_interpreter)


def _find(project: Project, name: str) -> Finding:
    (finding,) = [finding for finding in examine(project, os.environ) if finding.name == name]
    return finding


def test_a_machine_that_has_everything(terraform: FakeTerraform, project: Project) -> None:
    findings = examine(project, os.environ)
    assert [finding for finding in findings if finding.level != "ok"] == []
    assert _find(project, "Terraform").found == "1.11.4"


def test_what_is_not_well_has_a_fix(project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("tools.checks.doctor.registry_reachable", lambda: False)
    findings = examine(project, os.environ)
    bad = {finding.name: finding for finding in findings if finding.level != "ok"}
    assert set(bad) == {"Terraform", "AWS provider"}
    assert all(finding.fix for finding in bad.values())
    assert all(finding.level == "missing" for finding in bad.values())


def test_a_terraform_too_old(terraform: FakeTerraform, project: Project) -> None:
    terraform.says("version", '{"terraform_version": "1.9.8"}')
    finding = _find(project, "Terraform")
    assert finding.level == "missing"
    assert "1.9.8 is too old" in finding.found


def test_a_browser_is_optional(terraform: FakeTerraform, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (terraform.folder / "chromium").write_text("#!/bin/sh\n")
    (terraform.folder / "chromium").chmod(0o755)
    assert _find(project, "Browser").found.endswith("chromium")
    monkeypatch.setenv("PATH", "/missing")
    finding = _find(project, "Browser")
    assert finding.level == "ok"
    assert "tests of pages skip" in finding.found
    assert doctor._BROWSERS == PROGRAMS


def test_a_mirror_that_is_none(terraform: FakeTerraform, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_PLUGIN_MIRROR", "/missing")
    finding = _find(project, "AWS provider")
    assert finding.level == "missing"
    assert "unset TF_PLUGIN_MIRROR" in finding.fix


def test_a_provider_that_is_installed_needs_no_mirror(
    terraform: FakeTerraform, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.checks.doctor.registry_reachable", lambda: pytest.fail("asked the registry"))
    plugin = project.root / ".terraform" / "providers" / "registry.terraform.io" / "terraform-provider-aws_v5"
    plugin.parent.mkdir(parents=True)
    plugin.touch()
    assert _find(project, "AWS provider").found == "installed"


@pytest.mark.parametrize(
    ("version", "level"), [((3, 10), "missing"), ((3, 11), "ok"), ((3, 13), "ok"), ((3, 14), "missing")]
)
def test_the_python(
    terraform: FakeTerraform, project: Project, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int], level: str
) -> None:
    monkeypatch.setattr(sys, "version_info", (*version, 0, "final", 0))
    finding = _find(project, "Python")
    assert finding.level == level
    assert bool(finding.fix) == (level == "missing")


def test_a_full_disk(terraform: FakeTerraform, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("tools.checks.doctor.shutil.disk_usage", lambda _: usage(1, 1, 1_000_000_000))
    assert _find(project, "Disk").level == "warning"


@pytest.mark.parametrize("error", [OSError("broken"), ImportError("broken"), MachineProblem("broken.", "fix it")])
def test_a_look_that_fails_is_a_finding(
    terraform: FakeTerraform, project: Project, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail() -> Finding:
        raise error

    monkeypatch.setattr(doctor, "_tflint", fail)
    finding = _find(project, "tflint")
    assert finding.level == "warning"
    assert "broken" in finding.found
    assert finding.fix


def test_localstack_is_never_missing(
    terraform: FakeTerraform, project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def nothing() -> None:
        raise MachineProblem("None.")

    monkeypatch.setattr(sys, "prefix", str(tmp_path / "empty"))
    monkeypatch.setattr("tools.programs.find_interpreter", nothing)
    monkeypatch.setattr("localcloud.localstack.engine.check_platform", lambda: None)
    finding = _find(project, "LocalStack")
    assert (finding.level, finding.fix) == ("warning", ".venv/bin/uv python install 3.13")
    assert "Python 3.13" in finding.found
