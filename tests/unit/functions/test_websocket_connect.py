"""$connect: nobody gets in, and nothing is written, without one good token that has time left and grants reading."""

from __future__ import annotations

import time
from typing import Any

import pytest

from config import environment
from tests.unit.functions.support import tokens
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import CONNECTIONS_TABLE, TOKEN_SECRET
from tests.unit.functions.support.sockets import CONNECTION, connect, handshake, signing_key_id
from tests.unit.functions.test_verifier import REFUSED
from websocket.websocket_connect import LONGEST_SECONDS, Settings, connection_for


@pytest.fixture
def kid(events: Application) -> str:
    """Version id of the signing key."""
    assert events
    return signing_key_id()


@pytest.fixture
def trusting_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another issuer is trusted beside our own."""
    monkeypatch.setattr("auth.jwks.fetch", lambda _: tokens.key_set())
    monkeypatch.setenv("JWKS_URL", "https://keys.unit.example/jwks")
    monkeypatch.setenv("JWKS_ISSUER", tokens.JWKS_ISSUER)
    environment.forget()


def _answer(application: Application, event: dict[str, Any]) -> int:
    """Return the status of an answer; a row is written if, and only if, it lets the client in."""
    status: int = application.run("websocket-connect", event)["statusCode"]
    assert len(application.rows(CONNECTIONS_TABLE)) == (status == 200)
    return status


def test_a_connection_is_a_row_of_its_owner(events: Application) -> None:
    before = int(time.time())
    exp = before + 600
    assert connect(events, sub="alice", scope="items:read openid items:admin", exp=exp) == {"statusCode": 200}
    (row,) = events.rows(CONNECTIONS_TABLE)
    connected_at = row.pop("connectedAt")["S"]
    assert row == {
        "topic": {"S": "owner:alice"},
        "connectionId": {"S": CONNECTION},
        "owner": {"S": "alice"},
        "scope": {"S": "items:admin items:read"},
        "expiresAt": {"N": str(exp)},
    }
    assert connected_at[:10] == time.strftime("%Y-%m-%d", time.gmtime(before))


def test_a_row_ends_with_the_token_or_with_the_connection(kid: str) -> None:
    settings = environment.read(Settings)
    now = int(time.time())
    for exp, end in ((now + 60, now + 60), (now + 86_400, now + LONGEST_SECONDS)):
        event = handshake(query=(tokens.shared(kid, exp=exp),))
        connection = connection_for(event, settings, now_ns=lambda: now * 1_000_000_000)
        assert (connection.expires_at, connection.topic) == (end, "owner:alice")


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.usefixtures("trusting_another")
def test_what_the_verifier_refuses_is_401(events: Application, kid: str, make: Any) -> None:
    """The same verifier as the REST API's, seen through the whole function and by both ways of showing a token."""
    token = make(kid)
    assert _answer(events, handshake(f"Bearer {token}")) == 401
    assert _answer(events, handshake(query=(token,))) == 401


@pytest.mark.usefixtures("trusting_another")
@pytest.mark.parametrize("by_query", [True, False])
@pytest.mark.parametrize("own", [True, False])
def test_a_good_token_is_let_in(events: Application, kid: str, by_query: bool, own: bool) -> None:
    token = tokens.shared(kid) if own else tokens.published("ES256", "ec-1")
    event = handshake(query=(token,)) if by_query else handshake(f"bearer {token}", header="authorization")
    assert _answer(events, event) == 200


def test_a_token_is_found_without_the_lists_of_values(events: Application, kid: str) -> None:
    event = handshake(query=(tokens.shared(kid),))
    del event["multiValueQueryStringParameters"]
    assert _answer(events, event) == 200


def test_exactly_one_credential(events: Application, kid: str) -> None:
    good = tokens.shared(kid)
    for event in (
        handshake(),
        handshake(f"Bearer {good}", query=(good,)),
        handshake("", query=(good,)),
        handshake(f"Bearer {good}", query=("",)),
        handshake(query=(good, good)),
        handshake(query=("garbage", good)),
        handshake(f"Bearer {good}", f"Bearer {good}"),
        handshake(good),
        handshake(query=(f"Bearer {good}",)),
        handshake(query=("",)),
    ):
        assert _answer(events, event) == 401


def test_a_token_that_lives_by_leeway_alone_opens_nothing(events: Application, kid: str) -> None:
    """The row would be expired when it is written."""
    now = int(time.time())
    assert _answer(events, handshake(f"Bearer {tokens.shared(kid, iat=now - 60, exp=now - 10)}")) == 401


@pytest.mark.parametrize(
    ("scope", "status"), [("", 403), ("items:write", 403), ("openid", 403), ("items:read", 200), ("items:admin", 200)]
)
def test_the_token_has_to_grant_reading(events: Application, kid: str, scope: str, status: int) -> None:
    assert _answer(events, handshake(f"Bearer {tokens.shared(kid, scope=scope)}")) == status


def test_without_keys_nobody_is_let_in(events: Application, kid: str) -> None:
    events.secrets.delete_secret(SecretId=TOKEN_SECRET, ForceDeleteWithoutRecovery=True)
    assert _answer(events, handshake(f"Bearer {tokens.shared(kid)}")) == 500


def test_without_the_table_nobody_is_let_in(events: Application, kid: str) -> None:
    events.dynamodb.delete_table(TableName=CONNECTIONS_TABLE)
    event = handshake(f"Bearer {tokens.shared(kid)}")
    assert events.run("websocket-connect", event) == {"statusCode": 500}
