"""What reaches an emulator of AWS: its environment variables, and its access key."""

from __future__ import annotations

import json
import os
import shlex
from typing import TYPE_CHECKING

from localcloud import engines
from localcloud.cloud import MINISTACK
from localcloud.guard import keys
from localcloud.guard.keys import AccessKey
from tools.access.shell import NOWHERE
from tools.errors import CloudProblem
from tools.project import Project

if TYPE_CHECKING:
    from localcloud import Health
    from tools.build import Target

DEFAULT_REGION = "eu-west-1"


def build_target(engine: str | None) -> Target:
    """Return what `build` makes for an engine, or for AWS itself.

    LocalStack's functions run on the Python that AWS has, so they are the very zips made for AWS.
    """
    return "local" if engine == MINISTACK else "aws"


def emulator_variables(
    endpoint: str,
    key: AccessKey,
    region: str = DEFAULT_REGION,
    *,
    name: str = "local",
    engine: str = MINISTACK,
    page_port: int | None = None,
) -> dict[str, str]:
    """Return the environment variables with which Terraform, the AWS CLI and boto3 reach an emulator.

    Parameters
    ----------
    endpoint, region
        Where it is, and where resources land.
    key
        The access key that it takes.
    name
        The environment, which Terraform's workspace is called by.
    engine
        The engine whose ways it has: what is built for it follows from them.
    page_port
        Where the demo's page is served, which may call the API from a browser.
    """
    from localcloud.cloud import LOOPBACK, unproxied_hosts

    unproxied = unproxied_hosts()
    emulator = {"endpoint": endpoint, "build_target": build_target(engine)}
    if page_port:
        emulator["page_origin"] = f"http://{LOOPBACK}:{page_port}"
    return {
        "AWS_ENDPOINT_URL": endpoint,
        **key.variables(),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        **NOWHERE,
        "NO_PROXY": unproxied,
        "no_proxy": unproxied,
        "TF_WORKSPACE": name,
        "TF_VAR_emulator": json.dumps(emulator),
    }


def endpoint_key(project: Project, endpoint: str, ours: Health | None) -> AccessKey:
    """Return the access key for an emulator that somebody has started.

    What is exported for AWS stays here: an emulator that is not one of ours gets the key of the environment only where
    `AWS_ENDPOINT_URL` names that emulator beside it.

    Parameters
    ----------
    ours
        What the engine there says about itself, when it is one of ours.

    Raises
    ------
    CloudProblem
        It is another checkout's, and its key is not in the environment.
    """
    exported = keys.of_variables(os.environ)
    if ours is None or not ours.key:
        meant = os.environ.get("AWS_ENDPOINT_URL", "").rstrip("/") == endpoint.rstrip("/")
        return exported if exported and meant else keys.ANY
    for key in (keys.find(project.access_key), exported):
        if key and key.fingerprint == ours.key:
            return key
    raise CloudProblem(
        f"The local cloud at {endpoint} belongs to another checkout, and takes that one's access key alone.",
        f'eval "$(cd {shlex.quote(ours.project)} && python -m tools env --env '
        f'{engines.kind(ours.engine).environment})", then ask again',
    )
