"""Style, types and the Terraform configuration, checked by the tools that everybody knows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from tools.access.providers import cli_config_file, init_arguments
from tools.checks.linters import build_tflint, checkov_findings, find_checkov, find_tflint
from tools.deployment.terraform import find_terraform
from tools.errors import MachineProblem
from tools.project import Project

__all__ = ["CHECKS", "QUICK", "LintResult", "find_tflint", "run_lint"]

# The plugin is fetched from outside; where that hangs rather than fails, nobody should wait for it.
_PLUGIN_PATIENCE_S = 60
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class LintResult:
    """What one tool said.

    Parameters
    ----------
    ok
        Whether it found nothing; also true where it was skipped.
    skipped
        Whether it did not run; `detail` then says what was not checked and how it would be.
    detail
        The tool's own words where it found something.
    seconds
        How long it took.
    """

    name: str
    ok: bool
    skipped: bool
    detail: str
    seconds: float


@dataclass(frozen=True)
class _Verdict:
    ok: bool
    detail: str = ""
    skipped: bool = False


class _Lint:
    """The checks, each a method; `ci` makes a missing tool a failure, `fix` lets tools fix what they can."""

    def __init__(self, project: Project, *, ci: bool, fix: bool, environ: Mapping[str, str]) -> None:
        self.project = project
        self.ci = ci
        self.fix = fix
        # A configuration file that is named and not there makes Terraform put a warning before everything it says
        drop = set() if cli_config_file(environ) else {"TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG"}
        self.environ = {key: value for key, value in environ.items() if key not in drop}

    def ruff(self) -> _Verdict:
        return self._python("ruff", "check", "--quiet", *(["--fix"] if self.fix else []), ".")

    def ruff_format(self) -> _Verdict:
        return self._python("ruff", "format", "--quiet", *([] if self.fix else ["--check", "--diff"]), ".")

    def mypy(self) -> _Verdict:
        folders = [
            name for name in ("localcloud", "tools", "lambda_src", "tests") if (self.project.root / name).is_dir()
        ]
        return self._python("mypy", "--no-error-summary", *folders)

    def terraform_fmt(self) -> _Verdict:
        check = [] if self.fix else ["-check", "-diff"]
        return self._judge([find_terraform(self.environ), "fmt", "-recursive", *check])

    def terraform_validate(self) -> _Verdict:
        terraform = find_terraform(self.environ)
        # Its own folder: the one beside the configuration belongs to whoever works with plain terraform
        environ = {"TF_DATA_DIR": str(self.project.state / "lint"), "TF_WORKSPACE": "default", "TF_IN_AUTOMATION": "1"}
        init = [terraform, "init", "-input=false", "-backend=false", "-lockfile=readonly", "-no-color"]
        ready = self._judge([*init, *init_arguments(self.environ)], environ)
        return self._judge([terraform, "validate", "-no-color"], environ) if ready.ok else ready

    def tflint(self) -> _Verdict:
        try:
            tflint = find_tflint(self.environ) or build_tflint(self.environ)
        except MachineProblem as problem:
            return self._missing("unused and untyped declarations", problem)
        return self._judge([str(tflint), "--recursive", f"--config={self.project.root / '.tflint.hcl'}", "--no-color"])

    def tflint_aws(self) -> _Verdict:
        tflint = find_tflint(self.environ)
        if tflint is None:
            return _Verdict(True, "without tflint there are no AWS rules either", skipped=True)
        config = f"--config={self.project.root / '.tflint-aws.hcl'}"
        try:
            ready = self._run([str(tflint), "--init", config], timeout_s=_PLUGIN_PATIENCE_S).returncode == 0
        except subprocess.TimeoutExpired:
            ready = False
        if not ready:
            said = (
                "not checked: names that AWS gives. Where the plugin of .tflint-aws.hcl can be fetched, this runs too."
            )
            return _Verdict(True, said, skipped=True)
        return self._judge([str(tflint), "--recursive", config, "--no-color"])

    def checkov(self) -> _Verdict:
        try:
            checkov = find_checkov(self.project)
        except MachineProblem as problem:
            return self._missing("known security mistakes in the configuration", problem)
        config = ["--config-file", ".checkov.yaml", "--output", "json"]
        done = self._run([str(checkov), *config], {"LOG_LEVEL": "ERROR"})
        try:
            findings = checkov_findings(json.loads(done.stdout))
        except json.JSONDecodeError:
            return _Verdict(False, (done.stdout + done.stderr).strip())
        return _Verdict(not findings, "\n".join(findings))

    def _missing(self, unchecked: str, problem: MachineProblem) -> _Verdict:
        said = f"not checked: {unchecked}. {problem.problem}\n  fix: {problem.fix}"
        return _Verdict(not self.ci, said, skipped=not self.ci)

    def _python(self, module: str, *arguments: str) -> _Verdict:
        return self._judge([sys.executable, "-m", module, *arguments])

    def _judge(self, command: Sequence[str], environ: Mapping[str, str] = _NOTHING) -> _Verdict:
        done = self._run(command, environ)
        said = "\n".join(part for part in (done.stdout.strip(), done.stderr.strip()) if part)
        return _Verdict(done.returncode == 0, "" if done.returncode == 0 else said)

    def _run(
        self, command: Sequence[str], environ: Mapping[str, str] = _NOTHING, timeout_s: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.project.root,
            env={**self.environ, **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
        )


CHECKS = {
    "ruff check": _Lint.ruff,
    "ruff format": _Lint.ruff_format,
    "mypy": _Lint.mypy,
    "terraform fmt": _Lint.terraform_fmt,
    "terraform validate": _Lint.terraform_validate,
    "tflint": _Lint.tflint,
    "tflint, AWS rules": _Lint.tflint_aws,
    "checkov": _Lint.checkov,
}
QUICK = ("ruff check", "ruff format", "terraform fmt")


def run_lint(
    project: Project,
    *,
    ci: bool,
    fix: bool = False,
    report: Callable[[LintResult], None],
    only: Sequence[str] = tuple(CHECKS),
    environ: Mapping[str, str] = os.environ,
) -> list[LintResult]:
    """Run the linters one after another, and return what each said.

    Parameters
    ----------
    ci
        Whether a linter that cannot be had is a failure rather than skipped.
    fix
        Whether to fix what can be fixed: style and format.
    report
        Called with each result as soon as it is there.
    only
        The checks to run, by name.

    Raises
    ------
    MachineProblem
        Terraform is not on the PATH.
    """
    lint = _Lint(project, ci=ci, fix=fix, environ=environ)
    results = []
    for name in only:
        started = time.monotonic()
        verdict = CHECKS[name](lint)
        result = LintResult(name, verdict.ok, verdict.skipped, verdict.detail, time.monotonic() - started)
        report(result)
        results.append(result)
    return results
