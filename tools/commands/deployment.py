"""Commands that make, look at and remove a deployment."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from localcloud.engines import of_environment
from tools.access.environments import Environment, is_production
from tools.commands import context
from tools.deployment.turns import turn
from tools.errors import ToolError, UsageProblem
from tools.terminal.console import Console, print_error
from tools.terminal.heartbeat import HEARTBEAT


@click.command()
@context.env
@context.endpoint
@click.option("--force", is_flag=True, help="Start Terraform even when nothing has changed.")
@click.option("--plan", type=click.Path(path_type=Path), help="Apply this saved plan, unchanged.")
@context.arch
@click.option("--adopt", is_flag=True, help="Take over what stands on an emulator, whoever has made it.")
@click.option("--smoke/--no-smoke", default=True, show_default=True, help="Smoke-test what was deployed.")
@click.option("--yes", is_flag=True, help="Do not ask before a deployment to production.")
@context.json
def deploy(  # noqa: PLR0917 - a command's parameters are its options
    env: str,
    endpoint_url: str | None,
    force: bool,
    plan: Path | None,
    arch: str | None,
    adopt: bool,
    smoke: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Build, deploy and smoke-test; print the endpoints."""
    from tools.deployment import deploy as stages
    from tools.deployment import logging_role

    project, console = context.find_project(), Console(as_json=as_json)
    if plan:
        stages.check_saved_plan(project, plan, env)
    environment = stages.reach(project, env, endpoint_url, console)
    if not yes and is_production(environment):
        _ask(environment, f"deploys to {env}")
    logging_role.check_deployment(project, environment)
    with turn(project, env, console.say):
        done = stages.deploy(project, environment, console, force=force, saved_plan=plan, arch=arch, adopt=adopt)
        if done.changed:
            if of_environment(environment.name):
                stages.run_seed(environment, done.outputs, console)
            if smoke:
                stages.run_smoke(environment, done.outputs, console)
            stages.keep_record(project, environment, done.outputs)
            console.say("")
        else:
            console.say(f"Nothing to do ({done.seconds:.2f} s).")
    public = {name: value for name, value in done.outputs.items() if name != "try_it"}
    console.result(_endpoints(done.outputs), {"changed": done.changed, **public})


def _ask(environment: Environment, what: str) -> None:
    """Let a person say yes, seeing where it happens.

    Raises
    ------
    UsageProblem
        Nobody is there to ask, or the answer is another one.
    """
    from tools.access.clients import account

    place = environment.endpoint or f"account {account(environment)}, {environment.variables['AWS_REGION']}"
    if not sys.stdin.isatty():
        raise UsageProblem(f"This {what} ({place}), and nobody is here to confirm it.", "the same command with --yes")
    with HEARTBEAT.held():
        answer = click.prompt(f"This {what} ({place}). Type {environment.name} to go on", err=True)
    if answer != environment.name:
        raise UsageProblem("Nothing was done.", f"type {environment.name} to confirm, or give --yes")


def _endpoints(outputs: dict[str, Any]) -> str:
    lines = [f"API        {outputs['api_url']}"]
    if outputs.get("websocket_url"):
        lines.append(f"WebSocket  {outputs['websocket_url']}")
    return "\n".join([*lines, "", outputs["try_it"].rstrip()])


@click.command()
@context.env
@context.endpoint
@click.option("--out", type=click.Path(path_type=Path), help="Keep the plan here, for `deploy --plan`.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 0 for no changes, 2 for changes, 1 for an error.")
@context.json
def plan(env: str, endpoint_url: str | None, out: Path | None, detailed_exitcode: bool, as_json: bool) -> None:
    """Show what a deployment would change."""
    from tools.deployment import deploy as stages

    project, console = context.find_project(), Console(as_json=as_json)
    try:
        environment = stages.reach(project, env, endpoint_url, console)
        with turn(project, env, console.say):
            changes, path = stages.plan(project, environment, console, out)
    except ToolError as error:
        if not detailed_exitcode:
            raise
        print_error(error, as_json=as_json)
        sys.exit(1)
    kept = out or path.relative_to(project.root)
    if as_json:
        from tools.deployment.recovery.planned import changed

        resources = changed(stages.terraform_of(project, environment).show(path))
        console.result("", {"changes": changes, "plan": str(kept), "resources": resources})
    elif changes:
        console.say(f"There are changes. Apply them with: python -m tools deploy --env {env} --plan {kept}")
    else:
        console.say("There are no changes.")
    if detailed_exitcode and changes:
        sys.exit(2)


@click.command()
@context.env
@context.endpoint
@click.option("--yes", is_flag=True, help="Do not ask.")
def destroy(env: str, endpoint_url: str | None, yes: bool) -> None:
    """Destroy everything of an environment, after asking."""
    from tools.deployment import deploy as stages
    from tools.deployment import logging_role

    project, console = context.find_project(), Console()
    environment = stages.reach(project, env, endpoint_url, console)
    if not yes:
        _ask(environment, f"destroys everything in {env}")
    logging_role.check_destruction(project, environment)
    with turn(project, env, console.say):
        stages.destroy(project, environment, console)


@click.command()
@context.env
@context.endpoint
@context.json
def smoke(env: str, endpoint_url: str | None, as_json: bool) -> None:
    """Check from the outside that a deployment answers as its contract says."""
    from tools.deployment import deploy as stages

    project, console = context.find_project(), Console(as_json=as_json)
    environment = context.find(project, env, endpoint_url)
    outputs = stages.current_outputs(project, environment)
    checks = stages.run_smoke(environment, outputs, console)
    console.result(f"{len(checks)} checks passed.", {"api_url": outputs["api_url"], "checks": checks})


@click.command()
@click.option("--sub", default="alice", show_default=True, help="The caller.")
@click.option("--scope", default="items:read items:write", show_default=True, help="Space-separated scopes.")
@click.option("--lifetime", type=int, default=3600, show_default=True, help="Seconds until it expires.")
@context.env
@context.endpoint
def token(sub: str, scope: str, lifetime: int, env: str, endpoint_url: str | None) -> None:
    """Mint a token with the environment's signing key and print it alone."""
    from tools.access.tokens import check, mint
    from tools.deployment.deploy import current_outputs

    check(sub, scope, lifetime)
    project = context.find_project()
    environment = context.find(project, env, endpoint_url)
    print(mint(environment, current_outputs(project, environment), sub, scope, lifetime))


@click.command()
@context.env
@context.endpoint
@context.json
def outputs(env: str, endpoint_url: str | None, as_json: bool) -> None:
    """Print the deployment's outputs."""
    from tools.deployment.deploy import current_outputs

    values = current_outputs(context.find_project(), context.find(context.find_project(), env, endpoint_url))
    Console(as_json=as_json).result(_endpoints(values), values)
