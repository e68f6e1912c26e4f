"""Signing keys in AWS Secrets Manager: the present one, and the one before it while its signatures are still about."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from aws.clients import Unavailable, client, translating
from runtime.refreshing import Refreshing

# RFC 7518, section 3.2: a key for HMAC with SHA-256 is at least as long as the hash.
SHORTEST_KEY = 32
_STAGES = ("AWSCURRENT", "AWSPREVIOUS")


@dataclass(frozen=True)
class SigningKey:
    """A version of a secret that is a signing key.

    Parameters
    ----------
    version_id
        The secret version's id; a token's `kid`.
    value
        The secret string as UTF-8. Not shown.
    """

    version_id: str
    value: bytes = field(repr=False)


@cache
def signing_keys(secret_arn: str) -> Refreshing[tuple[SigningKey, ...]]:
    """Return the keys of a secret, the present one first, kept for five minutes.

    A rotation takes effect within that time and without a deployment: what the previous key has signed stays good for
    as long as the secret keeps it as its previous version.
    """
    return Refreshing(lambda: load_signing_keys(secret_arn))


def load_signing_keys(secret_arn: str) -> tuple[SigningKey, ...]:
    """Read the present and the previous version of a secret.

    Raises
    ------
    Unavailable
        Secrets Manager does not answer, or the secret has no usable value.
    """
    keys = [key for stage in _STAGES if (key := _load(secret_arn, stage)) is not None]
    if not keys:
        raise Unavailable("The secret has no value yet")
    return tuple(keys)


def _load(secret_arn: str, stage: str) -> SigningKey | None:
    secrets = client("secretsmanager")
    try:
        with translating():
            answer = secrets.get_secret_value(SecretId=secret_arn, VersionStage=stage)
    except secrets.exceptions.ResourceNotFoundException:
        return None
    value = answer.get("SecretString", "").encode()
    if not value:
        return None  # a version of bytes, or the empty first one that emulators make, is no key
    if len(value) < SHORTEST_KEY:
        raise Unavailable("A signing key is too short")
    return SigningKey(answer["VersionId"], value)
