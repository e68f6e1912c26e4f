"""Commands that need no deployment: build, the local cloud, and how others reach it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from localcloud.cloud import MINISTACK
from localcloud.engines import KINDS, of_environment
from tools.access.environments import export_command, var_file
from tools.access.shell import leading
from tools.commands import context
from tools.errors import UsageProblem
from tools.terminal.console import Console
from tools.terminal.suggestions import spelled

if TYPE_CHECKING:
    from tools.build import Target


@click.command()
@click.option(
    "--target",
    type=click.Choice(["local", "aws"]),
    default="local",
    show_default=True,
    help="local: this interpreter and CPU; aws: python3.13, arm64 unless --arch says otherwise.",
)
@context.arch
@click.option("--pyc/--no-pyc", default=True, show_default=True, help="Ship bytecode: 40 to 63 % less import time.")
@click.option("--force", is_flag=True, help="Build everything, whatever the cache says.")
@context.json
def build(target: Target, arch: str | None, pyc: bool, force: bool, as_json: bool) -> None:
    """Build functions and layers into build/, and the manifest that Terraform reads."""
    from tools.build import build as run

    console = Console(as_json=as_json)
    with console.step(f"Building for {target}"):
        report = run(context.find_project(), target, arch=arch, pyc=pyc, force=force)
    if as_json:
        console.result("", report.as_dict())
        return
    rows = [(a.kind, a.name, f"{a.size / 1024:,.0f} KB", "yes" if a.changed else "", a.why) for a in report.artefacts]
    console.table(f"Build for {report.target} ({report.arch})", ("kind", "name", "size", "changed", "why"), rows)


def _engine_option(default: str | None, text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option("--engine", type=click.Choice(list(KINDS)), default=default, show_default=True, help=text)


@click.command()
@_engine_option(MINISTACK, "What serves it: the embedded MiniStack, or LocalStack's open code.")
@context.json
def up(engine: str, as_json: bool) -> None:
    """Start the local cloud."""
    from localcloud import up as start

    console = Console(as_json=as_json)
    kind = KINDS[engine]
    cloud = start(context.find_project(), engine, step=console.step)
    console.result(
        f"{kind.heading} is at {cloud.url} (log: {cloud.log}).\n"
        f"Plain terraform and the AWS CLI reach it after: {spelled(export_command(kind.environment))}",
        {
            "url": cloud.url,
            "pid": cloud.pid,
            "region": cloud.region,
            "instance_id": cloud.instance_id,
            "engine": engine,
        },
    )


@click.command()
@_engine_option(None, "Stop this one alone; without it, all that run.")
def down(engine: str | None) -> None:
    """Stop the local cloud. What is deployed to MiniStack is there again after the next `up`; LocalStack keeps nothing.

    Temporary files of one that has ended otherwise are removed too.
    """
    from localcloud import down as stop

    project, console = context.find_project(), Console()
    asked = [KINDS[engine]] if engine else list(KINDS.values())
    stopped = [kind for kind in asked if stop(project, kind.name)]
    for kind in stopped:
        console.say(f"{kind.heading} is stopped.")
    if not stopped:
        console.say(f"{asked[0].heading} was not running.")


@click.command()
@context.env
@context.json
def env(env: str, as_json: bool) -> None:
    """Print what sets a shell up so that plain terraform, the AWS CLI and boto3 reach an environment's local cloud.

    It also unsets what would lead them elsewhere: AWS_*, TF_VAR_*, TF_CLI_ARGS* and TF_WORKSPACE.
    """
    from tools.access.providers import init_arguments

    project = context.find_project()
    var_file(project, env)
    kind = of_environment(env)
    if kind is None:
        raise UsageProblem(
            f"{env} lives on AWS itself, which your own credentials reach.",
            f"aws sso login, or set AWS_PROFILE; then: terraform workspace select {env}",
        )
    environment = context.find(project, env)
    variables = environment.exports()
    arguments = init_arguments(environment.variables)
    if arguments:
        variables["TF_CLI_ARGS_init"] = shlex.join(arguments)
    lines = [
        f"unset {' '.join(name for name in leading(os.environ) if name not in variables)}",
        *(f"export {key}={shlex.quote(text)}" for key, text in variables.items()),
    ]
    Console(as_json=as_json).result("\n".join(lines), variables)
