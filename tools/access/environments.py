"""An environment: its variables file, the process environment that reaches it, and the cloud behind it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud import engines, ports
from localcloud.cloud import LOCALSTACK, MINISTACK
from localcloud.guard import keys
from localcloud.guard.keys import AccessKey
from tools.access import shell
from tools.access.credentials import LOGIN, expired, is_expired
from tools.access.emulators import DEFAULT_REGION, build_target, emulator_variables, endpoint_key
from tools.access.providers import cli_config_file
from tools.errors import CloudProblem, MachineProblem, UsageProblem
from tools.project import Project
from tools.terminal.suggestions import did_you_mean

if TYPE_CHECKING:
    from localcloud import Cloud
    from tools.build import Target

_ENVIRONMENT = re.compile(r'^\s*environment\s*=\s*"([^"]*)"', re.MULTILINE)
_PROTECTED = re.compile(r"^\s*deletion_protection\s*=\s*true", re.MULTILINE)
LOCAL = engines.KINDS[MINISTACK].environment


@dataclass(frozen=True)
class Environment:
    """One environment of the application.

    Parameters
    ----------
    name
        As in `environments/<name>.tfvars`.
    var_file
        Its Terraform variables.
    variables
        The whole process environment for Terraform and boto3.
    endpoint
        The emulator's URL; None on AWS.
    instance_id
        The local cloud's own id, which changes when it loses what it held; None where there is none.
    engine
        The engine whose ways the emulator has; None on AWS. An emulator of the user's own that does not say has those
        of the engine on which the environment lives.
    """

    name: str
    var_file: Path
    variables: Mapping[str, str] = field(repr=False)
    endpoint: str | None = None
    instance_id: str | None = None
    engine: str | None = None

    @property
    def emulated(self) -> bool:
        """Whether AWS is an emulator here."""
        return self.endpoint is not None

    def exports(self) -> dict[str, str]:
        """Return those of its variables with which a shell reaches the emulator."""
        names = emulator_variables(str(self.endpoint), keys.ANY)
        return {name: self.variables[name] for name in names}

    @property
    def build_target(self) -> Target:
        """What `build` makes for it."""
        return build_target(self.engine)

    @property
    def arch(self) -> str | None:
        """The CPU that `build` makes it for where it is not the target's usual one: this machine's for LocalStack."""
        if self.engine != LOCALSTACK:
            return None
        from tools.build.recipe import this_architecture

        return this_architecture()


def names(project: Project) -> list[str]:
    """Return the names of all environments."""
    return sorted(path.stem for path in project.environments.glob("*.tfvars"))


def var_file(project: Project, name: str) -> Path:
    """Return the variables of the environment `name`; raise `UsageProblem` where there are none, or another's."""
    path = project.environments / f"{name}.tfvars"
    if not path.is_file():
        known = ", ".join(names(project))
        raise UsageProblem(
            f"There is no environment {name!r}; there are: {known}.{did_you_mean(name, names(project))}",
            f"write environments/{name}.tfvars, or --env local",
        )
    named = _ENVIRONMENT.search(path.read_text(encoding="utf-8", errors="replace"))
    if named and named[1] != name:
        # Names are made of it, the state is kept by the file's: together they would plan one environment into another.
        raise UsageProblem(
            f"environments/{path.name} says that it is the environment {named[1]!r}.",
            f'write environment = "{name}" there',
        )
    return path


def _base(name: str, variables: dict[str, str]) -> dict[str, str]:
    if cli_config_file(variables) is None:
        variables.pop("TF_CLI_CONFIG_FILE", None)
    return variables | {"TF_WORKSPACE": name, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}


def is_production(environment: Environment) -> bool:
    """Whether people depend on it: on AWS, by its name or because its data is protected from deletion."""
    text = environment.var_file.read_text(encoding="utf-8", errors="replace")
    return not environment.emulated and (environment.name.startswith("prod") or bool(_PROTECTED.search(text)))


def export_command(name: str) -> str:
    """Return what a shell runs so that plain terraform and the AWS CLI reach an environment on an engine of ours."""
    if name == LOCAL or not engines.of_environment(name):
        return 'eval "$(python -m tools env)"'
    return f'eval "$(python -m tools env --env {name})"'


def on_emulator(
    project: Project,
    name: str,
    endpoint: str,
    instance_id: str | None = None,
    engine: str | None = None,
    *,
    key: AccessKey = keys.ANY,
) -> Environment:
    """Return the environment `name` on the emulator at `endpoint`; without `engine`, with the ways of its own one."""
    lives_on = engines.of_environment(name)
    engine = engine or (lives_on.name if lives_on else MINISTACK)
    variables = _base(name, shell.needed(os.environ))
    region = os.environ.get("AWS_REGION", DEFAULT_REGION) if instance_id is None else DEFAULT_REGION
    page = ports.page(project)
    variables |= emulator_variables(endpoint, key, region, name=name, engine=engine, page_port=page)
    return Environment(name, var_file(project, name), variables, endpoint, instance_id, engine)


def on_local_cloud(project: Project, cloud: Cloud) -> Environment:
    """Return the environment that lives on this checkout's own local cloud."""
    name = engines.kind(cloud.engine).environment
    return on_emulator(project, name, cloud.url, cloud.instance_id, cloud.engine, key=cloud.key)


def on_aws(project: Project, name: str) -> Environment:
    """Return the environment `name` on AWS itself, with the credentials that the AWS SDKs would find.

    Raises
    ------
    MachineProblem
        There are no credentials or no region, or the shell still points at an emulator.
    UsageProblem
        The shell sets a Terraform variable.
    """
    path = var_file(project, name)
    # One service's endpoint (AWS_ENDPOINT_URL_S3, ...) may well be a private one of AWS.
    for variable in ("AWS_ENDPOINT_URL", "TF_VAR_emulator"):
        if os.environ.get(variable):
            raise MachineProblem(
                f"{variable} is set, so {name} would go to an emulator.",
                "open a new shell, or: unset AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY TF_VAR_emulator "
                f"{' '.join(shell.NOWHERE)}",
            )
    variables = shell.for_aws(project, os.environ, name)
    import botocore.exceptions

    from tools.access.sdk import aws_session

    try:
        session = aws_session()
        credentials = session.get_credentials()
        if credentials is not None:
            credentials.get_frozen_credentials()  # which asks whoever hands them out
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        if is_expired(error):
            raise expired() from None
        raise MachineProblem(f"AWS credentials cannot be read: {error}.", "aws configure list") from None
    if credentials is None:
        raise MachineProblem(f"There are no AWS credentials for {name}.", LOGIN)
    # boto3 reads AWS_DEFAULT_REGION alone; Terraform and the other SDKs prefer AWS_REGION.
    region = os.environ.get("AWS_REGION") or session.region_name
    if not region:
        raise MachineProblem(f"No AWS region is chosen for {name}.", f"export AWS_REGION={DEFAULT_REGION}")
    return Environment(name, path, _base(name, variables) | {"AWS_REGION": region})


def find(project: Project, name: str, endpoint: str | None = None, *, key: AccessKey | None = None) -> Environment:
    """Return an environment that is up already.

    Parameters
    ----------
    key
        The endpoint's access key, where the caller has it.

    Raises
    ------
    CloudProblem
        It lives on an engine of ours, which is not running; or no AWS answers at `endpoint`, or it is another
        checkout's.
    """
    if endpoint:
        from localcloud.instance import ask_at
        from tools.access.endpoints import check

        check(endpoint)

        ours = ask_at(endpoint)
        key = key or endpoint_key(project, endpoint, ours)
        return on_emulator(project, name, endpoint.rstrip("/"), engine=ours.engine if ours else None, key=key)
    kind = engines.of_environment(name)
    if kind is None:
        return on_aws(project, name)
    var_file(project, name)
    from localcloud import status

    cloud = status(project, kind.name)
    if cloud is None:
        raise CloudProblem(f"{kind.heading} is not running.", kind.start)
    return on_local_cloud(project, cloud)
