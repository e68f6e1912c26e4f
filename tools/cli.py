"""The command line: thin commands over the stages."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tools.console import Console, interrupted, print_error
from tools.environments import LOCAL, emulator_variables, find
from tools.errors import MachineProblem, ToolError, UsageProblem, from_system
from tools.project import find_project

if TYPE_CHECKING:
    from tools.build import Target

_NAME = "python -m tools"

_env = click.option("--env", default=LOCAL, show_default=True, help="The environment: a file environments/NAME.tfvars.")
_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
_endpoint = click.option("--endpoint-url", help="An emulator that is running already, instead of the local cloud.")
_arch = click.option("--arch", type=click.Choice(["arm64", "x86_64"]), help="The CPU to build for.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def app() -> None:
    """Build, deploy, run and test the application."""


@app.command()
@click.option(
    "--target",
    type=click.Choice(["local", "aws"]),
    default="local",
    show_default=True,
    help="local: this interpreter and CPU; aws: python3.13, arm64 unless --arch says otherwise.",
)
@_arch
@click.option("--pyc/--no-pyc", default=True, show_default=True, help="Ship bytecode: 40 to 63 % less import time.")
@click.option("--force", is_flag=True, help="Build everything, whatever the cache says.")
@_json
def build(target: Target, arch: str | None, pyc: bool, force: bool, as_json: bool) -> None:
    """Build functions and layers into build/, and the manifest that Terraform reads."""
    from tools.build import build as run

    console = Console(as_json=as_json)
    with console.step(f"Building for {target}"):
        report = run(find_project(), target, arch=arch, pyc=pyc, force=force)
    if as_json:
        console.result("", report.as_dict())
        return
    rows = [(a.kind, a.name, f"{a.size / 1024:,.0f} KB", "yes" if a.changed else "", a.why) for a in report.artefacts]
    console.table(f"Build for {report.target} ({report.arch})", ("kind", "name", "size", "changed", "why"), rows)


@app.command()
@_json
def up(as_json: bool) -> None:
    """Start the local cloud."""
    from tools.localcloud import up as start

    console = Console(as_json=as_json)
    with console.step("Starting the local cloud"):
        cloud = start(find_project())
    console.result(
        f"The local cloud is at {cloud.url} (log: {cloud.log}).\n"
        'Plain terraform and the AWS CLI reach it after: eval "$(python -m tools env)"',
        {"url": cloud.url, "pid": cloud.pid, "region": cloud.region, "instance_id": cloud.instance_id},
    )


@app.command()
def down() -> None:
    """Stop the local cloud. What is deployed to it is there again after the next `up`."""
    from tools.localcloud import down as stop

    console = Console()
    console.say("The local cloud is stopped." if stop(find_project()) else "The local cloud was not running.")


@app.command()
@_env
@_endpoint
@click.option("--force", is_flag=True, help="Start Terraform even when nothing has changed.")
@click.option("--plan", type=click.Path(path_type=Path), help="Apply this saved plan, unchanged.")
@_arch
@click.option("--smoke/--no-smoke", default=True, show_default=True, help="Smoke-test what was deployed.")
@_json
def deploy(  # noqa: PLR0917 - a command's parameters are its options
    env: str,
    endpoint_url: str | None,
    force: bool,
    plan: Path | None,
    arch: str | None,
    smoke: bool,
    as_json: bool,
) -> None:
    """Build, deploy and smoke-test; print the endpoints."""
    from tools import deploy as stages

    project, console = find_project(), Console(as_json=as_json)
    if plan:
        stages.check_saved_plan(project, plan, env)
    environment = stages.reach(project, env, endpoint_url, console)
    done = stages.deploy(project, environment, console, force=force, saved_plan=plan, arch=arch)
    if done.changed:
        if environment.name == LOCAL:
            stages.run_seed(environment, done.outputs, console)
        if smoke:
            stages.run_smoke(environment, done.outputs, console)
        stages.keep_record(project, environment, done.outputs)
        console.say("")
    else:
        console.say(f"Nothing to do ({done.seconds:.2f} s).")
    public = {name: value for name, value in done.outputs.items() if name != "try_it"}
    console.result(_endpoints(done.outputs), {"changed": done.changed, **public})


def _endpoints(outputs: dict[str, Any]) -> str:
    return f"API  {outputs['api_url']}\n\n{outputs['try_it'].rstrip()}"


@app.command()
@_env
@_endpoint
@click.option("--out", type=click.Path(path_type=Path), help="Keep the plan here, for `deploy --plan`.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 0 for no changes, 2 for changes, 1 for an error.")
def plan(env: str, endpoint_url: str | None, out: Path | None, detailed_exitcode: bool) -> None:
    """Show what a deployment would change."""
    from tools import deploy as stages

    project, console = find_project(), Console()
    try:
        environment = stages.reach(project, env, endpoint_url, console)
        changes, path = stages.plan(project, environment, console, out)
    except ToolError as error:
        if not detailed_exitcode:
            raise
        print_error(error)
        sys.exit(1)
    if changes:
        kept = out or path.relative_to(project.root)
        console.say(f"There are changes. Apply them with: python -m tools deploy --env {env} --plan {kept}")
    else:
        console.say("There are no changes.")
    if detailed_exitcode and changes:
        sys.exit(2)


@app.command()
@_env
@_endpoint
@click.option("--yes", is_flag=True, help="Do not ask.")
def destroy(env: str, endpoint_url: str | None, yes: bool) -> None:
    """Destroy everything of an environment."""
    from tools import deploy as stages

    project, console = find_project(), Console()
    environment = stages.reach(project, env, endpoint_url, console)
    if not yes and not environment.emulated:
        if not sys.stdin.isatty():
            raise UsageProblem(f"Destroying {env} wants a yes.", f"python -m tools destroy --env {env} --yes")
        if click.prompt(f"Type {env} to destroy everything in it") != env:
            sys.exit(1)
    stages.destroy(project, environment, console)


@app.command()
@_env
@_endpoint
@_json
def smoke(env: str, endpoint_url: str | None, as_json: bool) -> None:
    """Check from the outside that a deployment answers as its contract says."""
    from tools import deploy as stages

    project, console = find_project(), Console(as_json=as_json)
    environment = find(project, env, endpoint_url)
    outputs = stages.current_outputs(project, environment)
    checks = stages.run_smoke(environment, outputs, console)
    console.result(f"{len(checks)} checks passed.", {"api_url": outputs["api_url"], "checks": checks})


@app.command()
@click.option("--sub", default="alice", show_default=True, help="The caller.")
@click.option("--scope", default="items:read items:write", show_default=True, help="Space-separated scopes.")
@click.option("--lifetime", type=int, default=3600, show_default=True, help="Seconds until it expires.")
@_env
@_endpoint
def token(sub: str, scope: str, lifetime: int, env: str, endpoint_url: str | None) -> None:
    """Mint a token with the environment's signing key and print it alone."""
    from tools.deploy import current_outputs
    from tools.tokens import check, mint

    check(sub, scope, lifetime)
    project = find_project()
    environment = find(project, env, endpoint_url)
    print(mint(environment, current_outputs(project, environment), sub, scope, lifetime))


@app.command()
@_env
@_endpoint
@_json
def outputs(env: str, endpoint_url: str | None, as_json: bool) -> None:
    """Print the deployment's outputs."""
    from tools.deploy import current_outputs

    values = current_outputs(find_project(), find(find_project(), env, endpoint_url))
    Console(as_json=as_json).result(_endpoints(values), values)


@app.command()
@_json
def env(as_json: bool) -> None:
    """Print the exports with which plain terraform, the AWS CLI and boto3 reach the local cloud."""
    from tools.providers import init_arguments

    environment = find(find_project(), LOCAL)
    variables = emulator_variables(str(environment.endpoint))
    arguments = init_arguments(environment.variables)
    if arguments:
        variables["TF_CLI_ARGS_init"] = shlex.join(arguments)
    lines = [
        "unset AWS_PROFILE AWS_SESSION_TOKEN AWS_CA_BUNDLE",
        *(f"export {key}={shlex.quote(text)}" for key, text in variables.items()),
    ]
    Console(as_json=as_json).result("\n".join(lines), variables)


@app.command()
@_json
def doctor(as_json: bool) -> None:
    """Look at what this machine has and lacks, and say what to do about each."""
    from tools.doctor import examine

    console = Console(as_json=as_json)
    findings = examine(find_project(), os.environ)
    lines = [f"{f.level:8} {f.name:13} {f.found}" + (f"\n{'':23}mend: {f.mend}" if f.mend else "") for f in findings]
    console.result("\n".join(lines), [vars(finding) for finding in findings])
    missing = [finding for finding in findings if finding.level == "missing"]
    if missing:
        raise MachineProblem(f"This machine lacks: {', '.join(finding.name for finding in missing)}.", missing[0].mend)


@app.command()
@click.option("--fix", is_flag=True, help="Mend what can be mended by itself.")
@_json
def lint(fix: bool, as_json: bool) -> None:
    """Check style, types, and the Terraform configuration."""
    from tools.lint import LintResult, run_lint

    console = Console(as_json=as_json)

    def report(result: LintResult) -> None:
        mark = "skipped" if result.skipped else "ok" if result.ok else "FAILED"
        detail = f"\n{result.detail}" if result.detail else ""
        console.say(f"{mark:8} {result.name} ({result.seconds:.1f} s){detail}")

    results = run_lint(find_project(), ci=os.environ.get("CI") == "true", fix=fix, report=report)
    if as_json:
        console.result("", [vars(result) for result in results])
    if not all(result.ok for result in results):
        sys.exit(1)


@app.command(context_settings={"ignore_unknown_options": True})
@click.option("--ring", default="all", show_default=True, help="unit, terraform, integration or all.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(ring: str, arguments: tuple[str, ...]) -> None:
    """Run the tests, ring by ring, with each ring's time against its budget. ARGUMENTS go to pytest."""
    from tools.rings import run

    sys.exit(run(find_project(), ring, arguments, Console()))


def main() -> int:
    """Run the command line; return its exit code."""
    as_json = "--json" in sys.argv
    try:
        app(standalone_mode=False, prog_name=_NAME)
    except ToolError as error:
        return print_error(error, as_json=as_json)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message())
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        place = getattr(getattr(error, "ctx", None), "command_path", _NAME)
        return print_error(UsageProblem(error.format_message(), f"{place} --help"), as_json=as_json)
    except OSError as error:
        return print_error(from_system(error), as_json=as_json)
    except (KeyboardInterrupt, click.Abort):
        return interrupted()
    return 0
