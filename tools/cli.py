"""The command line: thin commands over the stages."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from tools.console import Console, print_error
from tools.environments import LOCAL, emulator_variables, find
from tools.errors import MachineProblem, ToolError, UsageProblem
from tools.project import find_project

app = typer.Typer(
    help="Builds, deploys, runs and tests the application.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

EnvOption = Annotated[str, typer.Option("--env", help="The environment: a file environments/NAME.tfvars.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
EndpointOption = Annotated[
    str | None, typer.Option("--endpoint-url", help="An emulator that is running already, instead of the local cloud.")
]
ArchOption = Annotated[str | None, typer.Option("--arch", help="arm64 or x86_64.")]


@app.command()
def build(
    target: Annotated[str, typer.Option(help="local (this interpreter and CPU) or aws (python3.13).")] = "local",
    arch: ArchOption = None,
    pyc: Annotated[bool, typer.Option("--pyc/--no-pyc", help="Ship bytecode: 40 to 63 % less import time.")] = True,
    force: Annotated[bool, typer.Option("--force", help="Build everything, whatever the cache says.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Build functions and layers into build/, and the manifest that Terraform reads."""
    from tools.build import build as run

    console = Console(as_json=as_json)
    with console.step(f"Building for {target}"):
        report = run(find_project(), target, arch=arch, pyc=pyc, force=force)
    if as_json:
        console.result("", report.as_document())
        return
    rows = [(a.kind, a.name, f"{a.size / 1024:,.0f} KB", "yes" if a.changed else "", a.why) for a in report.artefacts]
    console.table(f"Build for {report.target} ({report.arch})", ("kind", "name", "size", "changed", "why"), rows)


@app.command()
def up(as_json: JsonOption = False) -> None:
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
def deploy(
    env: EnvOption = LOCAL,
    endpoint_url: EndpointOption = None,
    force: Annotated[bool, typer.Option("--force", help="Start Terraform even when nothing has changed.")] = False,
    plan: Annotated[Path | None, typer.Option("--plan", help="Apply this saved plan, unchanged.")] = None,
    arch: ArchOption = None,
    smoke: Annotated[bool, typer.Option("--smoke/--no-smoke", help="Smoke-test what was deployed.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Build, deploy and smoke-test; print the endpoints."""
    from tools import deploy as stages

    project, console = find_project(), Console(as_json=as_json)
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
    console.result(_endpoints(done.outputs), {"changed": done.changed, **_public(done.outputs)})


def _public(outputs: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in outputs.items() if name != "try_it"}


def _endpoints(outputs: dict[str, Any]) -> str:
    return f"API  {outputs['api_url']}\n\n{outputs['try_it'].rstrip()}"


@app.command()
def plan(
    env: EnvOption = LOCAL,
    endpoint_url: EndpointOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="Keep the plan here, for `deploy --plan`.")] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 0 for no changes, 2 for changes, 1 for an error.")
    ] = False,
) -> None:
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
        raise typer.Exit(1) from None
    if changes:
        kept = out or path.relative_to(project.root)
        console.say(f"There are changes. Apply them with: python -m tools deploy --env {env} --plan {kept}")
    else:
        console.say("There are no changes.")
    if detailed_exitcode:
        raise typer.Exit(2 if changes else 0)


@app.command()
def destroy(
    env: EnvOption = LOCAL,
    endpoint_url: EndpointOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Destroy everything of an environment."""
    from tools import deploy as stages

    project, console = find_project(), Console()
    environment = stages.reach(project, env, endpoint_url, console)
    if not yes and not environment.emulated:
        if not sys.stdin.isatty():
            raise UsageProblem(f"Destroying {env} wants a yes.", f"python -m tools destroy --env {env} --yes")
        if typer.prompt(f"Type {env} to destroy everything in it") != env:
            raise typer.Exit(1)
    stages.destroy(project, environment, console)


@app.command()
def smoke(env: EnvOption = LOCAL, endpoint_url: EndpointOption = None, as_json: JsonOption = False) -> None:
    """Check from the outside that a deployment answers as its contract says."""
    from tools import deploy as stages

    project, console = find_project(), Console(as_json=as_json)
    environment = find(project, env, endpoint_url)
    outputs = stages.current_outputs(project, environment)
    checks = stages.run_smoke(environment, outputs, console)
    console.result(f"{len(checks)} checks passed.", {"api_url": outputs["api_url"], "checks": checks})


@app.command()
def token(
    sub: Annotated[str, typer.Option("--sub", help="The caller.")] = "alice",
    scope: Annotated[str, typer.Option("--scope", help="Space-separated scopes.")] = "items:read items:write",
    lifetime: Annotated[int, typer.Option("--lifetime", help="Seconds until it expires.")] = 3600,
    env: EnvOption = LOCAL,
    endpoint_url: EndpointOption = None,
) -> None:
    """Mint a token with the environment's signing key and print it alone."""
    from tools.deploy import current_outputs
    from tools.tokens import mint

    project = find_project()
    environment = find(project, env, endpoint_url)
    print(mint(environment, current_outputs(project, environment), sub, scope, lifetime))


@app.command()
def outputs(env: EnvOption = LOCAL, endpoint_url: EndpointOption = None, as_json: JsonOption = False) -> None:
    """Print the deployment's outputs."""
    from tools.deploy import current_outputs

    project = find_project()
    values = current_outputs(project, find(project, env, endpoint_url))
    Console(as_json=as_json).result(_endpoints(values), values)


@app.command()
def env(as_json: JsonOption = False) -> None:
    """Print the exports with which plain terraform, the AWS CLI and boto3 reach the local cloud."""
    from tools.providers import init_arguments

    environment = find(find_project(), LOCAL)
    variables = emulator_variables(str(environment.endpoint))
    arguments = init_arguments(environment.variables)
    if arguments:
        variables["TF_CLI_ARGS_init"] = shlex.join(arguments)
    unset = ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE"]
    lines = [f"unset {' '.join(unset)}", *(f"export {key}={shlex.quote(text)}" for key, text in variables.items())]
    Console(as_json=as_json).result("\n".join(lines), variables)


@app.command()
def doctor(as_json: JsonOption = False) -> None:
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
def lint(
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended by itself.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check style, types, and the Terraform configuration."""
    from tools.lint import LintResult, run_lint

    console = Console(as_json=as_json)

    def report(result: LintResult) -> None:
        mark = "skipped" if result.skipped else "ok" if result.ok else "FAILED"
        console.say(
            f"{mark:8} {result.name} ({result.seconds:.1f} s){chr(10) + result.detail if result.detail else ''}"
        )

    results = run_lint(find_project(), ci=os.environ.get("CI") == "true", fix=fix, report=report)
    if as_json:
        console.result("", [vars(result) for result in results])
    if not all(result.ok for result in results):
        raise typer.Exit(1)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(
    context: typer.Context,
    ring: Annotated[str, typer.Option("--ring", help="unit, terraform, integration, e2e or all.")] = "all",
) -> None:
    """Run the tests, ring by ring, with each ring's time against its budget. Further arguments go to pytest."""
    from tools.rings import run

    raise typer.Exit(run(find_project(), ring, context.args, Console()))


def main() -> int:
    """Run the command line; return its exit code."""
    try:
        app(standalone_mode=False)
    except ToolError as error:
        print_error(error, as_json="--json" in sys.argv)
        return error.exit_code
    except typer.Exit as stop:
        return int(stop.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        print("interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        print(f"error: {error.format_message()}\n  mend: python -m tools --help", file=sys.stderr)
        return UsageProblem.exit_code
    return 0
