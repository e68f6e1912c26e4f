"""Minting tokens with an environment's own signing key (RFC 7519, HS256 of RFC 7518)."""

from __future__ import annotations

import time
import uuid
from typing import Any

from tools.access.clients import answering, client
from tools.access.environments import Environment
from tools.errors import TerraformProblem, UsageProblem

__all__ = ["DEFAULT_SCOPE", "LONGEST_S", "SCOPES", "check", "client", "mint"]

SCOPES = ("items:read", "items:write", "items:admin")
DEFAULT_SCOPE = "items:read items:write"
LONGEST_S = 24 * 60 * 60


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
    gone = TerraformProblem(
        f"The signing key of {environment.name} is gone.", f"python -m tools deploy --env {environment.name} --force"
    )
    with answering(environment, "the signing key", {"ResourceNotFoundException": gone}):
        secret = client(environment, "secretsmanager").get_secret_value(SecretId=secret_arn)
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
