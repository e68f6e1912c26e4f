"""An environment: its variables file, the process environment that reaches it, and the cloud behind it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tools.errors import CloudProblem, MachineProblem, UsageProblem
from tools.localcloud import engines
from tools.localcloud.engines import LOCALSTACK, MINISTACK
from tools.project import Project
from tools.providers import cli_config_file

if TYPE_CHECKING:
    from tools.build import Target
    from tools.localcloud import Cloud

LOCAL = engines.KINDS[MINISTACK].environment
DEFAULT_REGION = "eu-west-1"
# What a developer has exported for AWS must not reach an emulator, nor the other way round.
_AWS_ONLY = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
)


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


def build_target(engine: str | None) -> Target:
    """Return what `build` makes for an engine, or for AWS itself.

    LocalStack's functions run on the Python that AWS has, so they are the very zips made for AWS.
    """
    return "local" if engine == MINISTACK else "aws"


def names(project: Project) -> list[str]:
    """Return the names of all environments."""
    return sorted(path.stem for path in project.environments.glob("*.tfvars"))


def var_file(project: Project, name: str) -> Path:
    """Return the variables of the environment `name`, or raise `UsageProblem`."""
    path = project.environments / f"{name}.tfvars"
    if not path.is_file():
        known = ", ".join(names(project))
        raise UsageProblem(
            f"There is no environment {name!r}; there are: {known}.",
            f"write environments/{name}.tfvars, or --env local",
        )
    return path


def _base(name: str) -> dict[str, str]:
    variables = {key: value for key, value in os.environ.items() if not key.startswith(("TF_CLI_ARGS", "TF_DATA_DIR"))}
    if cli_config_file(variables) is None:
        variables.pop("TF_CLI_CONFIG_FILE", None)
    variables |= {"TF_WORKSPACE": name, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
    return variables


def emulator_variables(
    endpoint: str, region: str = DEFAULT_REGION, *, name: str = LOCAL, engine: str = MINISTACK
) -> dict[str, str]:
    """Return the environment variables with which Terraform, the AWS CLI and boto3 reach an emulator.

    Parameters
    ----------
    endpoint, region
        Where it is, and where resources land.
    name
        The environment, which Terraform's workspace is called by.
    engine
        The engine whose ways it has: what is built for it follows from them.
    """
    from tools.localcloud.cloud import unproxied_hosts

    unproxied = unproxied_hosts()
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": unproxied,
        "no_proxy": unproxied,
        "TF_WORKSPACE": name,
        "TF_VAR_emulator": json.dumps({"endpoint": endpoint, "build_target": build_target(engine)}),
    }


def export_command(name: str) -> str:
    """Return what a shell runs so that plain terraform and the AWS CLI reach an environment on an engine of ours."""
    if name == LOCAL or not engines.of_environment(name):
        return 'eval "$(python -m tools env)"'
    return f'eval "$(python -m tools env --env {name})"'


def on_emulator(
    project: Project, name: str, endpoint: str, instance_id: str | None = None, engine: str | None = None
) -> Environment:
    """Return the environment `name` on the emulator at `endpoint`; without `engine`, with the ways of its own one."""
    lives_on = engines.of_environment(name)
    engine = engine or (lives_on.name if lives_on else MINISTACK)
    variables = _base(name)
    for key in _AWS_ONLY:
        variables.pop(key, None)
    region = os.environ.get("AWS_REGION", DEFAULT_REGION) if instance_id is None else DEFAULT_REGION
    variables |= emulator_variables(endpoint, region, name=name, engine=engine)
    return Environment(name, var_file(project, name), variables, endpoint, instance_id, engine)


def on_local_cloud(project: Project, cloud: Cloud) -> Environment:
    """Return the environment that lives on this checkout's own local cloud."""
    name = engines.kind(cloud.engine).environment
    return on_emulator(project, name, cloud.url, cloud.instance_id, cloud.engine)


def on_aws(project: Project, name: str) -> Environment:
    """Return the environment `name` on AWS itself, with the credentials that the AWS SDKs would find.

    Raises
    ------
    MachineProblem
        There are no credentials or no region, or the shell still points at an emulator.
    """
    path = var_file(project, name)
    # One service's endpoint (AWS_ENDPOINT_URL_S3, ...) may well be a private one of AWS.
    for variable in ("AWS_ENDPOINT_URL", "TF_VAR_emulator"):
        if os.environ.get(variable):
            raise MachineProblem(
                f"{variable} is set, so {name} would go to an emulator.",
                "open a new shell, or: unset AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY TF_VAR_emulator",
            )
    import boto3
    import botocore.exceptions

    try:
        session = boto3.Session()
        credentials = session.get_credentials()
    except botocore.exceptions.BotoCoreError as error:
        raise MachineProblem(f"AWS credentials cannot be read: {error}.", "aws configure list") from None
    if credentials is None:
        raise MachineProblem(f"There are no AWS credentials for {name}.", "aws sso login, or set AWS_PROFILE")
    # boto3 reads AWS_DEFAULT_REGION alone; Terraform and the other SDKs prefer AWS_REGION.
    region = os.environ.get("AWS_REGION") or session.region_name
    if not region:
        raise MachineProblem(f"No AWS region is chosen for {name}.", f"export AWS_REGION={DEFAULT_REGION}")
    return Environment(name, path, _base(name) | {"AWS_REGION": region})


def find(project: Project, name: str, endpoint: str | None = None) -> Environment:
    """Return an environment that is up already.

    Raises
    ------
    CloudProblem
        It lives on an engine of ours, which is not running; or no AWS answers at `endpoint`.
    """
    if endpoint:
        from tools.endpoints import check
        from tools.localcloud.instance import ask_at

        check(endpoint)

        ours = ask_at(endpoint)
        return on_emulator(project, name, endpoint.rstrip("/"), engine=ours.engine if ours else None)
    kind = engines.of_environment(name)
    if kind is None:
        return on_aws(project, name)
    var_file(project, name)
    from tools.localcloud import status

    cloud = status(project, kind.name)
    if cloud is None:
        raise CloudProblem(f"{kind.heading} is not running.", kind.start)
    return on_local_cloud(project, cloud)
