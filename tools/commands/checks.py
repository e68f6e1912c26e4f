"""Commands that examine the machine and the project."""

from __future__ import annotations

import os
import sys

import click

from tools.commands import context
from tools.errors import MachineProblem
from tools.terminal.console import Console
from tools.terminal.suggestions import spelled


@click.command()
@click.option("--env", metavar="NAME", help="Also ask this environment's account for its limits.")
@context.json
def doctor(env: str | None, as_json: bool) -> None:
    """Look at what this machine has and lacks, and say what to do about each."""
    from tools.checks.doctor import examine

    console = Console(as_json=as_json)
    findings = examine(context.find_project(), os.environ, env)
    lines = [f"{f.level:8} {f.name:13} {f.found}" + (f"\n{'':23}fix: {f.fix}" if f.fix else "") for f in findings]
    console.result(spelled("\n".join(lines)), [vars(finding) for finding in findings])
    missing = [finding for finding in findings if finding.level == "missing"]
    if missing:
        raise MachineProblem(f"This machine lacks: {', '.join(finding.name for finding in missing)}.", missing[0].fix)


@click.command()
@click.option("--fix", is_flag=True, help="Fix what can be fixed by itself.")
@click.option("--quick", is_flag=True, help="Only what takes a second: ruff and terraform fmt.")
@context.json
def lint(fix: bool, quick: bool, as_json: bool) -> None:
    """Check style, types, and the Terraform configuration."""
    from tools.checks.lint import CHECKS, QUICK, LintResult, run_lint

    console = Console(as_json=as_json)

    def report(result: LintResult) -> None:
        mark = "skipped" if result.skipped else "ok" if result.ok else "FAILED"
        detail = f"\n{result.detail}" if result.detail else ""
        console.say(f"{mark:8} {result.name} ({result.seconds:.1f} s){detail}")

    ci, only = os.environ.get("CI") == "true", QUICK if quick else tuple(CHECKS)
    results = run_lint(context.find_project(), ci=ci, fix=fix, report=report, only=only)
    if as_json:
        console.result("", [vars(result) for result in results])
    if not all(result.ok for result in results):
        sys.exit(1)


@click.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--suite",
    default="all",
    show_default=True,
    help="unit, terraform, integration, localstack (the integration tests on LocalStack), or all but the last.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(suite: str, arguments: tuple[str, ...]) -> None:
    """Run the tests, one suite after another, with each suite's time against its budget. ARGUMENTS go to pytest."""
    from tools.checks.suites import run

    sys.exit(run(context.find_project(), suite, arguments, Console()))
