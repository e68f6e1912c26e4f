"""The linters: what they say of this configuration, and what is said where they cannot be had."""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.terraform.scratch import MODULES, ROOT
from tools.checks.lint import LintResult, find_tflint, run_lint
from tools.checks.linters import checkov_findings, find_checkov
from tools.errors import MachineProblem
from tools.project import Project


def _lint(check: str, environ: dict[str, str], *, root: Path = ROOT, ci: bool = False) -> LintResult:
    reported: list[LintResult] = []
    [result] = run_lint(Project(root), ci=ci, report=reported.append, only=[check], environ=environ)
    assert reported == [result]
    return result


def _program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!{sys.executable}\n{script}")
    (folder / name).chmod(0o755)


@pytest.fixture
def empty(tmp_path: Path) -> dict[str, str]:
    """Return an environment with nothing on its PATH, and a folder `bin` there to put programs into."""
    (tmp_path / "bin").mkdir()
    return {"PATH": str(tmp_path / "bin"), "XDG_CACHE_HOME": str(tmp_path / "cache")}


def test_tflint_finds_nothing() -> None:
    if find_tflint() is None:
        pytest.skip("tflint is not here; `make lint` builds it once")
    result = _lint("tflint", dict(os.environ))
    assert result.ok, result.detail


@pytest.fixture(scope="module")
def checkov_report() -> dict[str, dict[str, list[dict[str, object]]]]:
    """Run checkov once."""
    import subprocess

    checkov = find_checkov(Project(ROOT))
    arguments = [str(checkov), "--config-file", ".checkov.yaml", "--output", "json"]
    environ = {**os.environ, "LOG_LEVEL": "ERROR"}
    done = subprocess.run(arguments, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    report: dict[str, dict[str, list[dict[str, object]]]] = json.loads(done.stdout)
    return report


@pytest.mark.full  # `make lint` runs it too
def test_checkov_finds_nothing(checkov_report: dict[str, dict[str, list[dict[str, object]]]]) -> None:
    assert checkov_report["results"]["passed_checks"]
    assert checkov_findings(checkov_report) == []


@pytest.mark.full
def test_every_skip_of_checkov_is_needed_and_has_a_reason(
    checkov_report: dict[str, dict[str, list[dict[str, object]]]],
) -> None:
    written: Counter[tuple[str, str]] = Counter()
    for folder in ("", *MODULES):
        for path in (ROOT / folder).glob("*.tf"):
            for check, reason in re.findall(r"#\s*checkov:skip=(\w+):?(.*)", path.read_text(encoding="utf-8")):
                assert len(reason) > 10, f"{path.name}: {check} is skipped without a reason"
                written[path.relative_to(ROOT).as_posix(), check] += 1
    used = {
        (str(each["file_path"]).lstrip("/"), each["check_id"]) for each in checkov_report["results"]["skipped_checks"]
    }
    assert set(written) - used == set()


def test_a_missing_tflint_is_skipped_and_said(empty: dict[str, str]) -> None:
    result = _lint("tflint", empty)
    assert (result.ok, result.skipped) == (True, True)
    assert "not checked: unused and untyped declarations" in result.detail
    assert "fix: install tflint" in result.detail


def test_a_missing_tflint_fails_in_ci(empty: dict[str, str]) -> None:
    result = _lint("tflint", empty, ci=True)
    assert (result.ok, result.skipped) == (False, False)


def test_tflint_is_built_once_with_go(empty: dict[str, str], tmp_path: Path) -> None:
    """The go here makes a tflint that writes down how it was called."""
    log = tmp_path / "log"
    tflint = f"#!{sys.executable}\\nimport sys\\nopen({str(log)!r}, 'a').write('tflint ' + sys.argv[1] + chr(10))\\n"
    _program(
        tmp_path / "bin",
        "go",
        "import os, pathlib, sys\n"
        f"open({str(log)!r}, 'a').write('go ' + sys.argv[2] + chr(10))\n"
        "made = pathlib.Path(os.environ['GOBIN'], 'tflint')\n"
        f"made.write_text({tflint!r}.replace('\\\\n', chr(10)))\n"
        "made.chmod(0o755)\n",
    )
    assert _lint("tflint", empty).ok
    assert _lint("tflint", empty).ok
    assert log.read_text().splitlines() == [
        "go github.com/terraform-linters/tflint@v0.64.0",
        "tflint --recursive",
        "tflint --recursive",
    ]


def test_a_build_of_tflint_that_fails_says_why(empty: dict[str, str], tmp_path: Path) -> None:
    _program(tmp_path / "bin", "go", "import sys\nsys.exit('module lookup disabled')\n")
    result = _lint("tflint", empty)
    assert result.skipped
    assert "tflint could not be built: module lookup disabled" in result.detail
    assert not list((tmp_path / "cache").rglob("tflint"))


def test_what_tflint_finds_is_shown(empty: dict[str, str], tmp_path: Path) -> None:
    _program(tmp_path / "bin", "tflint", "import sys\nprint('variable x is unused')\nsys.exit(2)\n")
    result = _lint("tflint", empty)
    assert (result.ok, result.detail) == (False, "variable x is unused")


def test_aws_rules_are_left_out_where_their_plugin_is_out_of_reach(empty: dict[str, str], tmp_path: Path) -> None:
    _program(tmp_path / "bin", "tflint", "import sys\nsys.exit(1)\n")
    result = _lint("tflint, AWS rules", empty, ci=True)
    assert (result.ok, result.skipped) == (True, True)


@pytest.mark.parametrize("check", ["terraform fmt", "terraform validate"])
def test_a_missing_terraform_is_an_expected_error(empty: dict[str, str], check: str) -> None:
    with pytest.raises(MachineProblem, match="Terraform is not on the PATH"):
        _lint(check, empty)


def test_findings_of_checkov_are_lines() -> None:
    failed = {
        "file_path": "/storage/s3.tf",
        "file_line_range": [3, 9],
        "check_id": "CKV_AWS_18",
        "check_name": "Ensure the bucket is logged",
        "resource": "module.storage.aws_s3_bucket.x",
    }
    assert checkov_findings({"results": {"failed_checks": [failed]}}) == [
        "storage/s3.tf:3: CKV_AWS_18 Ensure the bucket is logged (module.storage.aws_s3_bucket.x)"
    ]


def test_configuration_that_checkov_cannot_read_is_a_finding() -> None:
    unread = {"results": {"failed_checks": [], "parsing_errors": ["security/iam-roles.tf", "a/a.tftest.hcl"]}}
    assert checkov_findings(unread) == ["security/iam-roles.tf: not checked, checkov cannot read it"]
