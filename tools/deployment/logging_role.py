"""API Gateway's logging role: one setting for an account and region, so one environment there owns it.

The setting names a role (API Gateway REST API Reference, "UpdateAccount"). Two environments that both set it take it
from each other with every deployment, and when its owner is destroyed its role goes, and with it everybody's logs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud import engines
from tools.access.clients import answering, client
from tools.access.environments import Environment, names, on_aws, var_file
from tools.access.listing import everything
from tools.errors import MachineProblem, ToolError
from tools.project import Project

_COMMENT = re.compile(r"(?m)#.*$")
_MANAGES = re.compile(r"(?m)^\s*manage_account\s*=\s*false\b")
_PROJECT = re.compile(r'(?m)^\s*project\s*=\s*"([^"]+)"')
_DEFAULT_PROJECT = re.compile(r'variable "project" \{.*?^  default +=\s*"([^"]+)"', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Account:
    """What API Gateway says in one account and region.

    Parameters
    ----------
    role
        Name of the role that it writes logs with; empty where none is set, or the one that is set is gone.
    apis
        Names of the REST APIs.
    """

    role: str
    apis: frozenset[str]


def manages(project: Project, name: str) -> bool:
    """Say whether an environment's variables make it the owner."""
    return not _MANAGES.search(_COMMENT.sub("", var_file(project, name).read_text(encoding="utf-8")))


def prefix(project: Project, name: str) -> str:
    """Return how an environment's names begin."""
    own = _PROJECT.search(_COMMENT.sub("", var_file(project, name).read_text(encoding="utf-8")))
    found = own or _DEFAULT_PROJECT.search((project.root / "variables.tf").read_text(encoding="utf-8"))
    return f"{found[1] if found else 'starter'}-{name}"


def owner(project: Project, role: str) -> str | None:
    """Return the environment of this checkout that a role belongs to."""
    return next(
        (name for name in _on_aws(project) if role.startswith(f"{prefix(project, name)}-gateway-logging")), None
    )


def ask(environment: Environment) -> Account:
    """Return what API Gateway says.

    Raises
    ------
    MachineProblem
        AWS refuses, or cannot be asked.
    """
    with answering(environment, "API Gateway's settings"):
        gateway = client(environment, "apigateway")
        role = str(gateway.get_account().get("cloudwatchRoleArn") or "").rpartition("/")[2]
        apis = frozenset(api["name"] for api in everything(gateway, "get_rest_apis"))
        if role and not _exists(client(environment, "iam"), role):
            role = ""
    return Account(role, apis)


def _exists(iam: Any, role: str) -> bool:
    try:
        iam.get_role(RoleName=role)
    except iam.exceptions.NoSuchEntityException:
        return False
    except iam.exceptions.ClientError:
        return True  # who may not look is told nothing of it
    return True


def check_deployment(project: Project, environment: Environment) -> None:
    """Refuse a deployment that would take the role from its owner, or that would find none.

    Raises
    ------
    MachineProblem
        Its sentence says which of the two it is.
    """
    if environment.emulated:
        return
    name, account = environment.name, ask(environment)
    other = owner(project, account.role) if account.role else None
    region = environment.variables["AWS_REGION"]
    if manages(project, name):
        if other not in (None, name) and manages(project, other or ""):
            raise MachineProblem(
                f"{other} owns API Gateway's logging role in this account and {region}, and {name} would take it.",
                f"set api.manage_account = false in environments/{name}.tfvars, or in {other}.tfvars to hand it over",
            )
    elif not account.role:
        raise MachineProblem(
            f"API Gateway has no logging role in this account and {region}, and {name} sets none.",
            f"set api.manage_account = true in environments/{name}.tfvars",
        )


def check_destruction(project: Project, environment: Environment) -> None:
    """Refuse to destroy the role's owner while others log by it.

    Raises
    ------
    MachineProblem
        There are other APIs in the account and region.
    """
    if environment.emulated:
        return
    name, account = environment.name, ask(environment)
    others = sorted(account.apis - {f"{prefix(project, name)}-items"})
    if others and owner(project, account.role) == name:
        raise MachineProblem(
            f"{name} owns API Gateway's logging role, and without it these APIs log no more: {', '.join(others)}.",
            f"set api.manage_account = false in environments/{name}.tfvars and true in another's, then deploy both",
        )


def _on_aws(project: Project) -> list[str]:
    return [name for name in names(project) if engines.of_environment(name) is None]


def look(project: Project, environ: Mapping[str, str]) -> tuple[str, str, str]:
    """Return level, finding and fix for the doctor: as AWS says where there are credentials, else by the variables."""
    owners = [name for name in _on_aws(project) if manages(project, name)]
    said = f"{' and '.join(owners) or 'nobody'} would own it, each in an account of its own"
    if not _has_credentials(environ) or not owners:
        return "ok", f"{said}; not looked at on AWS: no credentials", ""
    try:
        account = ask(on_aws(project, owners[0]))
    except ToolError as error:
        return "ok", f"{said}; not looked at on AWS: {error.problem}", ""
    deployed = [name for name in owners if f"{prefix(project, name)}-items" in account.apis]
    if len(deployed) > 1:
        fix = f"set api.manage_account = false in all but one of: {', '.join(f'{name}.tfvars' for name in deployed)}"
        return "warning", f"{' and '.join(deployed)} take it from each other with every deployment", fix
    if deployed and not account.role:
        return (
            "warning",
            "none is set, or it is gone: no API writes logs",
            f"python -m tools deploy --env {deployed[0]} --force",
        )
    return "ok", f"{account.role or 'none yet'} in this account and region", ""


def _has_credentials(environ: Mapping[str, str]) -> bool:
    """Say whether it is worth asking: without this the SDK would look for a machine's role, for seconds."""
    if environ.get("AWS_ENDPOINT_URL"):
        return False
    home = Path(environ.get("HOME", "/"))
    return bool(environ.get("AWS_ACCESS_KEY_ID") or environ.get("AWS_PROFILE")) or any(
        (home / ".aws" / name).is_file() for name in ("credentials", "config")
    )
