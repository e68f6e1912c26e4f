"""The REST authorizer: policies over the whole stage, and no way in without a credential."""

from __future__ import annotations

import fnmatch
from typing import Any

import pytest

from auth.errors import KeysUnavailable
from runtime import settings as environment
from tests.token_table import BAD, HEADERS, TOKENS, shown
from tests.unit.functions.support import tokens
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import TOKEN_SECRET
from tests.unit.functions.support.events import METHOD_ARN, recorded
from tests.unit.functions.support.recorder import Recorder

STAGE = METHOD_ARN.removesuffix("/GET/items")
READS = ["GET/items", "GET/items/1"]
WRITES = ["POST/items", "PUT/items/1", "DELETE/items/1", "POST/items/1/images"]


@pytest.fixture
def kid(application: Application) -> str:
    """Version id of the signing key."""
    return str(application.secrets.get_secret_value(SecretId=TOKEN_SECRET)["VersionId"])


def _token_event(credential: str | None, method: str = "GET/items") -> dict[str, Any]:
    event = recorded("authorizer_token")
    event["methodArn"] = f"{STAGE}/{method}"
    event.pop("authorizationToken")
    return event if credential is None else {**event, "authorizationToken": credential}


def _request_event(*credentials: str, method: str = "GET", resource: str = "/items") -> dict[str, Any]:
    event = recorded("authorizer_request")
    event |= {"httpMethod": method, "resource": resource, "methodArn": f"{STAGE}/{method}{resource}"}
    for group in ("headers", "multiValueHeaders"):
        event[group].pop("Authorization")
    if credentials:
        event["headers"]["authorization"] = credentials[-1]
        event["multiValueHeaders"]["authorization"] = list(credentials)
    return event


def _allows(answer: dict[str, Any], method: str, stage: str = STAGE) -> bool:
    """Evaluate a policy as IAM does: an explicit deny wins, and nothing is allowed unless it is said."""
    effects = {
        statement["Effect"]
        for statement in answer["policyDocument"]["Statement"]
        for resource in statement["Resource"]
        if fnmatch.fnmatchcase(f"{stage}/{method}", resource)
    }
    return effects == {"Allow"}


@pytest.mark.parametrize("asked", READS + WRITES)
@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("items:read", READS),
        ("items:write", WRITES),
        ("items:read items:write", READS + WRITES),
        ("items:admin", READS + WRITES),
        ("openid", []),
        ("", []),
    ],
)
def test_one_policy_is_right_for_every_path(
    application: Application, kid: str, asked: str, scope: str, allowed: list[str]
) -> None:
    """API Gateway keeps the answer to the first request, and applies it to the second one on another path."""
    event = _token_event(f"Bearer {tokens.shared(kid, scope=scope)}", asked)
    answer = application.run("rest-authorizer", event)
    assert [method for method in READS + WRITES if _allows(answer, method)] == allowed
    assert not any(_allows(answer, method, STAGE.replace("/prod", "/other")) for method in READS + WRITES)
    assert not any(_allows(answer, method, STAGE.replace("a1b2c3d4e5", "another")) for method in READS + WRITES)


def test_the_context_identifies_the_caller(application: Application, kid: str) -> None:
    token = tokens.shared(kid, scope="items:write unknown items:read", exp=4102444800)
    for event in (_token_event(f"Bearer {token}"), _request_event(f"bearer  {token}")):
        answer = application.run("rest-authorizer", event)
        assert answer["principalId"] == "alice"
        assert answer["context"] == {
            "kind": "user",
            "sub": "alice",
            "scope": "items:read items:write",
            "exp": "4102444800",
        }


def test_a_wide_stage_is_not_in_the_policy(application: Application, kid: str) -> None:
    answer = application.run("rest-authorizer", _token_event(f"Bearer {tokens.shared(kid)}"))
    resources = [resource for statement in answer["policyDocument"]["Statement"] for resource in statement["Resource"]]
    assert all(resource.startswith(f"{STAGE}/") for resource in resources)


def _refused(application: Application, event: dict[str, Any]) -> bool:
    """Say whether the authorizer answers a 401, rather than with a policy. Nothing else may come of a credential."""
    try:
        answer = application.run("rest-authorizer", event)
    except Exception as error:
        if str(error) != "Unauthorized":
            raise
        return True
    assert answer["context"]["kind"] == "user"
    return False


@pytest.mark.parametrize("anonymous_reads", ["true", "false"])
def test_the_table_of_tokens(
    application: Application, kid: str, monkeypatch: pytest.MonkeyPatch, anonymous_reads: str
) -> None:
    """As a TOKEN and as a REQUEST authorizer, whether the anonymous may list or not."""
    monkeypatch.setenv("ANONYMOUS_READS", anonymous_reads)
    for name, row in TOKENS.items():
        credential = f"Bearer {row.make(tokens.signer(kid))}"
        for event in (_token_event(credential), _request_event(credential)):
            assert _refused(application, event) is not row.good, (name, event.get("type"))


@pytest.mark.parametrize("anonymous_reads", ["true", "false"])
def test_the_table_of_headers(
    application: Application, kid: str, monkeypatch: pytest.MonkeyPatch, anonymous_reads: str
) -> None:
    monkeypatch.setenv("ANONYMOUS_READS", anonymous_reads)
    for name, (headers, good) in HEADERS.items():
        given = shown(headers, tokens.shared(kid))
        assert _refused(application, _request_event(*given)) is not good, name
        if len(given) == 1:
            assert _refused(application, _token_event(given[0])) is not good, name


def test_a_refusal_by_form_asks_aws_for_nothing(application: Application, kid: str, recorder: Recorder) -> None:
    """A flood of garbage is no flood of calls."""
    recorder.calls.clear()
    for row in BAD.values():
        if not row.by_key:
            assert _refused(application, _token_event(f"Bearer {row.make(tokens.signer(kid))}"))
    assert recorder.calls == {}
    assert _refused(application, _token_event(f"Bearer {BAD['another key'].make(tokens.signer(kid))}"))
    assert recorder.calls == {"rest-authorizer": {("secretsmanager:GetSecretValue", "token_secret")}}


@pytest.mark.parametrize("event", [_token_event(None), _request_event()])
def test_no_credential_is_401(application: Application, event: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        application.run("rest-authorizer", event)


def test_the_anonymous_may_list_when_that_is_on(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANONYMOUS_READS", "true")
    answer = application.run("rest-authorizer", _request_event())
    assert answer["context"] == {"kind": "anonymous", "sub": "anonymous", "scope": ""}
    assert [method for method in READS + WRITES if _allows(answer, method)] == ["GET/items"]


@pytest.mark.parametrize(
    "event",
    [
        _token_event(None),
        _request_event(method="POST"),
        _request_event(resource="/items/{id}"),
        _request_event(method="DELETE", resource="/items/{id}"),
    ],
)
def test_the_anonymous_may_nothing_else(
    application: Application, monkeypatch: pytest.MonkeyPatch, event: dict[str, Any]
) -> None:
    monkeypatch.setenv("ANONYMOUS_READS", "true")
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        application.run("rest-authorizer", event)


def test_a_token_counts_more_than_being_anonymous(
    application: Application, kid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANONYMOUS_READS", "true")
    answer = application.run("rest-authorizer", _request_event(f"Bearer {tokens.shared(kid)}"))
    assert answer["context"]["kind"] == "user"


def test_without_keys_nobody_is_let_in(application: Application, kid: str) -> None:
    """Not "Unauthorized": a client must not throw away a good token because of a fault of ours."""
    application.secrets.delete_secret(SecretId=TOKEN_SECRET, ForceDeleteWithoutRecovery=True)
    with pytest.raises(KeysUnavailable):
        application.run("rest-authorizer", _token_event(f"Bearer {tokens.shared(kid)}"))


def test_another_issuer_is_trusted_when_configured(
    application: Application, kid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    credential = f"Bearer {tokens.published('ES256', 'ec-1')}"
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        application.run("rest-authorizer", _token_event(credential))
    monkeypatch.setattr("auth.jwks.fetch", lambda _: tokens.key_set())
    monkeypatch.setenv("JWKS_URL", "https://keys.unit.example/jwks")
    monkeypatch.setenv("JWKS_ISSUER", tokens.JWKS_ISSUER)
    environment.forget()
    subject = f"{tokens.JWKS_ISSUER}|alice"
    assert application.run("rest-authorizer", _token_event(credential))["context"]["sub"] == subject
    own = _token_event(f"Bearer {tokens.shared(kid)}")
    assert application.run("rest-authorizer", own)["context"]["sub"] == "alice"


@pytest.mark.parametrize(
    ("setting", "scope"), [("", "items:read"), ("false", "items:read"), ("true", "items:admin items:read")]
)
def test_another_issuers_administrators(
    application: Application, monkeypatch: pytest.MonkeyPatch, setting: str, scope: str
) -> None:
    monkeypatch.setattr("auth.jwks.fetch", lambda _: tokens.key_set())
    monkeypatch.setenv("JWKS_URL", "https://keys.unit.example/jwks")
    monkeypatch.setenv("JWKS_ISSUER", tokens.JWKS_ISSUER)
    monkeypatch.setenv("JWKS_ADMIN", setting)
    environment.forget()
    credential = f"Bearer {tokens.published('ES256', 'ec-1', scope='items:admin items:read')}"
    assert application.run("rest-authorizer", _token_event(credential))["context"]["scope"] == scope
