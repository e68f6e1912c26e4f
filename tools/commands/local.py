"""Commands that need no deployment: build, the local cloud, and how others reach it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from tools.commands import context
from tools.console import Console
from tools.environments import LOCAL, emulator_variables

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


@click.command()
@context.json
def up(as_json: bool) -> None:
    """Start the local cloud."""
    from tools.localcloud import up as start

    console = Console(as_json=as_json)
    with console.step("Starting the local cloud"):
        cloud = start(context.find_project())
    console.result(
        f"The local cloud is at {cloud.url} (log: {cloud.log}).\n"
        'Plain terraform and the AWS CLI reach it after: eval "$(python -m tools env)"',
        {"url": cloud.url, "pid": cloud.pid, "region": cloud.region, "instance_id": cloud.instance_id},
    )


@click.command()
def down() -> None:
    """Stop the local cloud. What is deployed to it is there again after the next `up`."""
    from tools.localcloud import down as stop

    console = Console()
    console.say("The local cloud is stopped." if stop(context.find_project()) else "The local cloud was not running.")


@click.command()
@context.json
def env(as_json: bool) -> None:
    """Print the exports with which plain terraform, the AWS CLI and boto3 reach the local cloud."""
    from tools.providers import init_arguments

    environment = context.find(context.find_project(), LOCAL)
    variables = emulator_variables(str(environment.endpoint))
    arguments = init_arguments(environment.variables)
    if arguments:
        variables["TF_CLI_ARGS_init"] = shlex.join(arguments)
    lines = [
        "unset AWS_PROFILE AWS_SESSION_TOKEN AWS_CA_BUNDLE",
        *(f"export {key}={shlex.quote(text)}" for key, text in variables.items()),
    ]
    Console(as_json=as_json).result("\n".join(lines), variables)
