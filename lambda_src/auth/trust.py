"""Whom to trust, as the environment says it: the one set-up of the verifier, for REST and for WebSocket."""

from __future__ import annotations

from dataclasses import dataclass

from auth.issuers import Issuer, secret_issuer
from auth.verifier import Verifier
from runtime.context import FunctionSettings


@dataclass(frozen=True, kw_only=True)
class TrustSettings(FunctionSettings):
    """Settings of a function that verifies tokens.

    Parameters
    ----------
    token_secret_arn
        ARN of the secret with the signing key of this application's own tokens.
    token_issuer, token_audience
        Their `iss`, and the `aud` of every token.
    jwks_url, jwks_issuer
        Where another issuer publishes its keys, and its `iss`; empty without one.
    jwks_admin
        Whether `items:admin` counts in its tokens.
    """

    token_secret_arn: str
    token_issuer: str
    token_audience: str
    jwks_url: str = ""
    jwks_issuer: str = ""
    jwks_admin: bool = False


def verifier(settings: TrustSettings) -> Verifier:
    """Return the verifier for these settings. Keys are fetched when a token is verified, and kept for the process."""
    return Verifier(_issuers(settings), settings.token_audience)


def fetch_keys(settings: TrustSettings) -> None:
    """Fetch every issuer's keys, for `at_init`.

    Raises
    ------
    Unavailable
        Secrets Manager does not answer, or the secret has no usable value.
    KeysUnavailable
        Another issuer's keys cannot be had.
    """
    from aws.secrets import signing_keys

    signing_keys(settings.token_secret_arn).get()
    if settings.jwks_url:
        from auth.jwks import published_keys

        published_keys(settings.jwks_url).get()


def _issuers(settings: TrustSettings) -> list[Issuer]:
    issuers = [secret_issuer(settings.token_issuer, settings.token_secret_arn)]
    if settings.jwks_url:
        from auth.jwks import jwks_issuer

        issuers.append(jwks_issuer(settings.jwks_issuer, settings.jwks_url, may_administer=settings.jwks_admin))
    return issuers
