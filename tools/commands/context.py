"""What commands share: their common options, and the way to the project and its environments."""

from __future__ import annotations

import click

from tools.environments import LOCAL, find
from tools.project import find_project

__all__ = ["arch", "endpoint", "env", "find", "find_project", "json"]

env = click.option("--env", default=LOCAL, show_default=True, help="The environment: a file environments/NAME.tfvars.")
json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
endpoint = click.option("--endpoint-url", help="An emulator that is running already, instead of the local cloud.")
arch = click.option("--arch", type=click.Choice(["arm64", "x86_64"]), help="The CPU to build for.")
