"""What commands share: their common options, and the way to the project and its environments."""

from __future__ import annotations

from typing import Any

import click

from tools.access.environments import LOCAL, Environment, find
from tools.project import find_project

__all__ = ["arch", "deployed", "endpoint", "env", "find", "find_project", "json"]

env = click.option("--env", default=LOCAL, show_default=True, help="The environment: a file environments/NAME.tfvars.")
json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
endpoint = click.option("--endpoint-url", help="An emulator that is running already, instead of the local cloud.")
arch = click.option("--arch", type=click.Choice(["arm64", "x86_64"]), help="The CPU to build for.")


def deployed(name: str, endpoint_url: str | None) -> tuple[Environment, dict[str, Any]]:
    """Return an environment that something is deployed to, and its outputs."""
    from tools.deployment import deploy

    project = find_project()
    environment = find(project, name, endpoint_url)
    return environment, deploy.current_outputs(project, environment)
