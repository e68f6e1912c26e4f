"""The only place where boto3 sessions and clients are made: as the user has set AWS up, or as nobody has.

An emulator's clients take nothing from the shell and nothing from `~/.aws`: an endpoint, a profile or a retry setting
that is meant for AWS must not lead a call elsewhere (AWS SDKs and Tools Reference Guide, "Settings reference").
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any


@cache
def isolated_session() -> Any:
    """Return a boto3 session that reads no variable of this process and no file of the user's."""
    import boto3
    import botocore
    from botocore.loaders import Loader
    from botocore.session import Session

    # Each setting: its name in the configuration file, its variable, its default, and how it is read.
    settings = {name: (None, None, *rest) for name, (_, _, *rest) in Session.SESSION_VARIABLES.items()}
    settings |= dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
    session = Session(session_vars=settings)
    # The usual loader looks into `~/.aws/models` first.
    data = Path(botocore.__file__).parent / "data"
    session.register_component("data_loader", Loader([str(data)], include_default_search_paths=False))
    return boto3.Session(botocore_session=session)


def emulator_client(
    service: str, endpoint: str, region: str, key: Mapping[str, str], config: Mapping[str, Any] | None = None
) -> Any:
    """Return a client of an emulator.

    Parameters
    ----------
    key
        `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, of temporary credentials, `AWS_SESSION_TOKEN`.
    config
        Settings of botocore's `Config`, where the usual ones do not serve.
    """
    from botocore.config import Config

    usual: dict[str, Any] = {"proxies": {}, "retries": {"total_max_attempts": 2}}
    if service == "s3":
        # Without a configuration botocore presigns with version 2, which S3 takes in old regions alone.
        usual["signature_version"] = "s3v4"
    return isolated_session().client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=key["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=key["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=key.get("AWS_SESSION_TOKEN"),
        # As Terraform has it, which knows no other variable for this.
        verify=os.environ.get("SSL_CERT_FILE") or True,
        config=Config(**(usual | dict(config or {}))),
    )


def aws_session() -> Any:
    """Return a session with what the user has chosen for AWS."""
    import boto3

    return boto3.Session()


def aws_client(service: str, region: str, config: Mapping[str, Any] | None = None) -> Any:
    """Return a client of AWS itself, with what the user has chosen for it."""
    import boto3
    from botocore.config import Config

    return boto3.client(service, region_name=region, config=Config(**(config or {})))
