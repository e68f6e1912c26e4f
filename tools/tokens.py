"""Minting tokens with an environment's own signing key (RFC 7519, HS256 of RFC 7518)."""

from __future__ import annotations

import time
import uuid
from typing import Any

from tools.environments import Environment
from tools.errors import CloudProblem, MachineProblem, TerraformProblem, UsageProblem

SCOPES = ("items:read", "items:write", "items:admin")
DEFAULT_SCOPE = "items:read items:write"
LONGEST_S = 24 * 60 * 60


def client(environment: Environment, service: str) -> Any:
    """Return a boto3 client that reaches `environment`."""
    import boto3
    from botocore.config import Config

    variables = environment.variables
    if environment.endpoint is None:
        return boto3.client(service, region_name=variables["AWS_REGION"])
    return boto3.client(
        service,
        endpoint_url=environment.endpoint,
        region_name=variables["AWS_REGION"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        config=Config(proxies={}, retries={"total_max_attempts": 2}),
    )


def check(subject: str, scope: str, lifetime_s: int) -> None:
    """Refuse what no token is minted with.

    Raises
    ------
    UsageProblem
        A scope does not exist, the subject is empty, or the lifetime is out of bounds.
    """
    unknown = [name for name in scope.split() if name not in SCOPES]
    if unknown:
        raise UsageProblem(
            f"There is no scope {unknown[0]!r}; there are: {', '.join(SCOPES)}.",
            f'python -m tools token --scope "{DEFAULT_SCOPE}"',
        )
    if not subject.strip():
        raise UsageProblem("A token needs a subject.", "python -m tools token --sub NAME")
    if not 1 <= lifetime_s <= LONGEST_S:
        raise UsageProblem(f"A token lives 1 to {LONGEST_S} seconds.", "python -m tools token --lifetime 3600")


def _signing_key(environment: Environment, secret_arn: str) -> tuple[str, str]:
    """Return the key and its id."""
    import botocore.exceptions

    try:
        secret = client(environment, "secretsmanager").get_secret_value(SecretId=secret_arn)
    except botocore.exceptions.EndpointConnectionError:
        raise CloudProblem(f"{environment.name} does not answer.", "python -m tools up") from None
    except botocore.exceptions.ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ResourceNotFoundException":
            raise TerraformProblem(
                f"The signing key of {environment.name} is gone.",
                f"python -m tools deploy --env {environment.name} --force",
            ) from None
        raise MachineProblem(f"AWS refuses the signing key: {code}.", "aws sso login, or set AWS_PROFILE") from None
    except botocore.exceptions.BotoCoreError as error:
        raise MachineProblem(f"The signing key cannot be read: {error}.", "aws configure list") from None
    return secret["SecretString"], secret["VersionId"]


def mint(
    environment: Environment,
    outputs: dict[str, Any],
    subject: str,
    scope: str = DEFAULT_SCOPE,
    lifetime_s: int = 3600,
) -> str:
    """Return a signed token.

    Parameters
    ----------
    outputs
        The environment's Terraform outputs, of which `token` says where the key is and what to claim.
    subject
        The caller (`sub`).
    scope
        Space-separated scopes, of `SCOPES`.
    lifetime_s
        Seconds until it expires, at most a day.

    Raises
    ------
    UsageProblem
        As `check` says.
    TerraformProblem
        Nothing is deployed.
    CloudProblem, MachineProblem
        The signing key cannot be read.
    """
    check(subject, scope, lifetime_s)
    if "token" not in outputs:
        raise TerraformProblem(
            f"Nothing is deployed to {environment.name}.", f"python -m tools deploy --env {environment.name}"
        )
    import jwt

    wanted = outputs["token"]
    key, key_id = _signing_key(environment, wanted["secret_arn"])
    now = int(time.time())
    claims = {
        "sub": subject,
        "scope": scope,
        "iss": wanted["issuer"],
        "aud": wanted["audience"],
        "iat": now,
        "exp": now + lifetime_s,
        "jti": str(uuid.uuid4()),
    }
    return jwt.encode(claims, key, algorithm="HS256", headers={"kid": key_id})
