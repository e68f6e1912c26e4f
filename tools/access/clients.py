"""Calling AWS: clients that reach an environment, and what its refusals mean to the person at the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tools.access import sdk
from tools.access.credentials import LOGIN, expired, is_expired
from tools.access.environments import Environment
from tools.errors import CloudProblem, MachineProblem, ToolError

_NO_PERMISSION = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}


def client(environment: Environment, service: str, **config: Any) -> Any:
    """Return a boto3 client that reaches `environment`.

    Parameters
    ----------
    config
        Settings of botocore's `Config`, where the usual ones do not serve.
    """
    variables = environment.variables
    region = variables["AWS_REGION"]
    if environment.endpoint is None:
        return sdk.aws_client(service, region, config)
    return sdk.emulator_client(service, environment.endpoint, region, variables, config)


def account(environment: Environment) -> str:
    """Return the number of the account that an environment's calls go to."""
    with answering(environment, "whose credentials these are"):
        return str(client(environment, "sts").get_caller_identity()["Account"])


@contextmanager
def answering(environment: Environment, what: str, expected: Mapping[str, ToolError] | None = None) -> Iterator[None]:
    """Turn what AWS SDK calls raise into a sentence.

    Parameters
    ----------
    what
        What the calls are about, as it reads after "AWS refuses": "the signing key".
    expected
        Problems by AWS error code, where a code means something particular.

    Raises
    ------
    CloudProblem
        Nothing answers.
    MachineProblem
        AWS refuses, or the SDK cannot call it.
    """
    import botocore.exceptions

    try:
        yield
    except botocore.exceptions.ClientError as error:
        code = error.response["Error"]["Code"]
        if expected and code in expected:
            raise expected[code] from None
        if is_expired(error) and not environment.emulated:
            raise expired() from None
        fix = LOGIN
        if code in _NO_PERMISSION:
            fix = "aws sts get-caller-identity shows who asks; that role needs the permission"
        raise MachineProblem(f"AWS refuses {what}: {code}.", fix) from None
    except (botocore.exceptions.EndpointConnectionError, botocore.exceptions.ConnectionClosedError):
        raise CloudProblem(
            f"{environment.name} does not answer.",
            "python -m tools up" if environment.emulated else "aws sts get-caller-identity",
        ) from None
    except botocore.exceptions.BotoCoreError as error:
        if is_expired(error):
            raise expired() from None
        raise MachineProblem(f"AWS cannot be asked for {what}: {error}.", "aws configure list") from None
