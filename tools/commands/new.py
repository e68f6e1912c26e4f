"""The command that writes the files of a new function."""

from __future__ import annotations

import contextlib

import click

from tools.commands import context
from tools.errors import MachineProblem
from tools.project import Project
from tools.terminal.console import Console


@click.command()
@click.argument("kind")
@click.argument("name")
@click.option("--method", default="get", type=click.Choice(["get", "put", "post", "delete"]), help="Of an endpoint.")
@click.option("--path", default="", help="Of an endpoint, such as /items/{id}/archive.")
@click.option(
    "--scope", default="items:read", type=click.Choice(["items:read", "items:write"]), help="What a token must grant."
)
@click.option("--schedule", default="rate(1 day)", help="When a scheduled function runs, in UTC.")
@click.option("--event", "events", multiple=True, help="A domain event that an event consumer takes.")
@click.option("--table", default="items", help="Whose changes a stream consumer reads.")
@click.option("--route", default="", help="Of a WebSocket message: its action.")
@context.json
def new(kind: str, name: str, as_json: bool, **options: object) -> None:
    """Write a new function: handler, Terraform block, permissions, trigger, test and page.

    KIND is endpoint, schedule, queue-consumer, event-consumer, stream-consumer or websocket-route. NAME is the
    function's name, such as archive-item. Nothing that exists is overwritten.
    """
    from tools.docs import outdated
    from tools.scaffold import Wanted, plan, write

    project, console = context.find_project(), Console(as_json=as_json)
    files = plan(project, Wanted(kind=kind, name=name, **options))  # type: ignore[arg-type]
    there = {path for path in files if (project.root / path).exists()}
    write(project, files)
    _format(project)
    rendered = {path.relative_to(project.root).as_posix(): text for path, text in outdated(project).items()}
    write(project, rendered)
    said = [f"{'changed' if path in there else 'wrote  '}  {path}" for path in files]
    said += [f"rendered {path}" for path in rendered]
    handler = next(path for path in files if path.startswith("lambda_src/"))
    said += [
        "",
        f"Next: write what {name} does in {handler}, and grant what it calls in security/permissions.yaml. Then:",
        "  .venv/bin/python -m tests.terraform.permissions   # renders docs/permissions.md: read what it may do on AWS",
        f"  .venv/bin/python -m pytest tests/unit -k {name.replace('-', '_')}",
        "  make local",
    ]
    if kind == "websocket-route":
        said.append("Add the route to the lists in api-gateway/websocket/websocket.tftest.hcl, too.")
    console.result(
        "\n".join(said), {"written": [path for path in files if path not in there], "changed": sorted(there)}
    )


def _format(project: Project) -> None:
    """Align what was added to Terraform's files, where Terraform is there."""
    import os
    import subprocess

    from tools.deployment.terraform import find_terraform

    with contextlib.suppress(MachineProblem):
        subprocess.run(
            [find_terraform(os.environ), "fmt", "-recursive"], cwd=project.root, check=False, capture_output=True
        )
