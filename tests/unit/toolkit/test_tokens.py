"""Minted tokens: what they claim, and what is refused."""

from __future__ import annotations

from typing import Any

import botocore.exceptions
import jwt
import pytest

from tests.unit.toolkit.conftest import OUTPUTS
from tools.access import tokens
from tools.access.environments import Environment
from tools.errors import CloudProblem, MachineProblem, TerraformProblem, UsageProblem

KEY = "k" * 64


class Secrets:
    """Secrets Manager with one secret, or one error."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.asked: list[str] = []

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:
        self.asked.append(SecretId)
        if self.error:
            raise self.error
        return {"SecretString": KEY, "VersionId": "v-1"}


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Secrets:
    """Put a stand-in for Secrets Manager behind `mint`."""
    stand_in = Secrets()
    monkeypatch.setattr(tokens, "client", lambda *_: stand_in)
    monkeypatch.setattr("tools.access.tokens.time.time", lambda: 1_900_000_000.9)
    return stand_in


def _claims(token: str) -> dict[str, Any]:
    return dict(
        jwt.decode(token, KEY, algorithms=["HS256"], audience="api", options={"verify_exp": False, "verify_iat": False})
    )


def test_a_token_claims_what_the_deployment_says(secrets: Secrets, local: Environment) -> None:
    token = tokens.mint(local, OUTPUTS, "alice", "items:read", 60)
    claims = _claims(token)
    assert claims.pop("jti")
    assert claims == {
        "sub": "alice",
        "scope": "items:read",
        "iss": "us",
        "aud": "api",
        "iat": 1_900_000_000,
        "exp": 1_900_000_060,
    }
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["kid"]) == ("HS256", "v-1")
    assert secrets.asked == [OUTPUTS["token"]["secret_arn"]]


def test_each_token_is_another(secrets: Secrets, local: Environment) -> None:
    first, second = (_claims(tokens.mint(local, OUTPUTS, "alice"))["jti"] for _ in range(2))
    assert first != second


def test_by_default_a_token_may_read_and_write_for_an_hour(secrets: Secrets, local: Environment) -> None:
    claims = _claims(tokens.mint(local, OUTPUTS, "alice"))
    assert claims["scope"] == "items:read items:write"
    assert claims["exp"] - claims["iat"] == 3600


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        (("alice", "items:fly", 60), "no scope 'items:fly'; there are: items:read, items:write, items:admin"),
        (("alice", "items:read items:readx", 60), "no scope 'items:readx'"),
        (("", "items:read", 60), "needs a subject"),
        (("  ", "items:read", 60), "needs a subject"),
        (("alice", "items:read", 0), "lives 1 to 86400 seconds"),
        (("alice", "items:read", 86_401), "lives 1 to 86400 seconds"),
    ],
)
def test_what_is_not_minted(secrets: Secrets, local: Environment, wanted: tuple[str, str, int], problem: str) -> None:
    with pytest.raises(UsageProblem, match=problem) as caught:
        tokens.mint(local, OUTPUTS, *wanted)
    assert caught.value.fix
    assert secrets.asked == []


def test_nothing_is_deployed(secrets: Secrets, local: Environment) -> None:
    with pytest.raises(TerraformProblem, match="Nothing is deployed to local"):
        tokens.mint(local, {}, "alice")


def _refused(code: str) -> botocore.exceptions.ClientError:
    return botocore.exceptions.ClientError({"Error": {"Code": code, "Message": "no"}}, "GetSecretValue")


@pytest.mark.parametrize(
    ("error", "kind", "problem"),
    [
        (_refused("ResourceNotFoundException"), TerraformProblem, "signing key of local is gone"),
        (_refused("AccessDeniedException"), MachineProblem, "AWS refuses the signing key: AccessDeniedException"),
        (_refused("ExpiredTokenException"), MachineProblem, "AWS refuses the signing key: ExpiredTokenException"),
        (botocore.exceptions.EndpointConnectionError(endpoint_url="x"), CloudProblem, "local does not answer"),
        (botocore.exceptions.NoCredentialsError(), MachineProblem, "cannot be asked for the signing key"),
    ],
)
def test_a_key_that_cannot_be_read(
    secrets: Secrets, local: Environment, error: Exception, kind: type[Exception], problem: str
) -> None:
    secrets.error = error
    with pytest.raises(kind, match=problem) as caught:
        tokens.mint(local, OUTPUTS, "alice")
    assert getattr(caught.value, "fix", "")


def test_an_emulators_client_uses_no_proxy_and_no_real_credentials(
    local: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA0000")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    client = tokens.client(local, "secretsmanager")
    assert client.meta.endpoint_url == local.endpoint
    assert client.meta.config.proxies == {}
    assert client._request_signer._credentials.access_key == "test"
