"""$connect: nobody gets in, and nothing is written, without one good token that has time left and grants reading."""

from __future__ import annotations

import time
from typing import Any

import pytest

from aws.clients import client
from aws.connections.slots import NoSlotFree, begin, forget
from runtime import settings as environment
from tests.token_table import BAD, HEADERS, TOKENS, shown
from tests.unit.functions.support import tokens
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import CONNECTIONS_TABLE, TOKEN_SECRET
from tests.unit.functions.support.recorder import Recorder
from tests.unit.functions.support.sockets import (
    CONNECTION,
    cancelled,
    connect,
    handshake,
    signing_key_id,
)
from tests.unit.functions.test_verifier import OTHERS
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
    """Return the status of an answer; rows are written if, and only if, it lets the client in."""
    status: int = application.run("websocket-connect", event)["statusCode"]
    written = sorted(row["topic"]["S"].partition(":")[0] for row in application.rows(CONNECTIONS_TABLE))
    assert written == (["owner", "slot"] if status == 200 else [])
    return status


def test_a_connection_is_a_row_of_its_owner(events: Application) -> None:
    before = int(time.time())
    exp = before + 600
    assert connect(events, sub="alice", scope="items:read openid items:admin", exp=exp) == {"statusCode": 200}
    row, slot = sorted(events.rows(CONNECTIONS_TABLE), key=lambda row: str(row["topic"]))
    connected_at = row.pop("connectedAt")["S"]
    number = row.pop("slot")["N"]
    assert slot == {
        "topic": {"S": "slot:alice"},
        "connectionId": {"S": f"{number}:alice"},
        "holder": {"S": CONNECTION},
        "expiresAt": {"N": str(exp)},
    }
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


@pytest.mark.usefixtures("trusting_another")
def test_the_table_of_tokens(events: Application, kid: str) -> None:
    """The same verifier as the REST API's, seen through the whole function and by both ways of showing a token."""
    for name, row in TOKENS.items():
        token = row.make(tokens.signer(kid))
        if row.opens:
            assert _answer(events, handshake(f"Bearer {token}")) == 200, name
            forget(CONNECTIONS_TABLE, CONNECTION)
            assert _answer(events, handshake(query=(token,))) == 200, name
            forget(CONNECTIONS_TABLE, CONNECTION)
        else:
            for event in (handshake(f"Bearer {token}"), handshake(query=(token,))):
                assert events.run("websocket-connect", event) == {"statusCode": 401}, name
    assert events.rows(CONNECTIONS_TABLE) == []


def test_the_table_of_headers(events: Application, kid: str) -> None:
    for name, (headers, good) in HEADERS.items():
        assert _answer(events, handshake(*shown(headers, tokens.shared(kid)))) == (200 if good else 401), name
        forget(CONNECTIONS_TABLE, CONNECTION)


@pytest.mark.usefixtures("trusting_another")
def test_what_has_another_issuer_in_it_is_401(events: Application, kid: str) -> None:
    for name, make in OTHERS.items():
        assert _answer(events, handshake(f"Bearer {make(kid)}")) == 401, name


def test_a_refusal_by_form_asks_aws_for_nothing(events: Application, kid: str, recorder: Recorder) -> None:
    """A flood of garbage is no flood of calls."""
    recorder.calls.clear()
    for row in BAD.values():
        if not row.by_key:
            token = row.make(tokens.signer(kid))
            for event in (handshake(f"Bearer {token}"), handshake(query=(token,))):
                assert events.run("websocket-connect", event) == {"statusCode": 401}
    for event in (handshake(), handshake("Basic YTpi"), handshake(query=("",))):
        assert events.run("websocket-connect", event) == {"statusCode": 401}
    assert recorder.calls == {}
    token = BAD["another key"].make(tokens.signer(kid))
    assert events.run("websocket-connect", handshake(query=(token,))) == {"statusCode": 401}
    assert recorder.calls == {"websocket-connect": {("secretsmanager:GetSecretValue", "token_secret")}}


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


def _connect_as(application: Application, subject: str, number: int) -> int:
    status: int = connect(application, f"{subject}-{number}", sub=subject)["statusCode"]
    return status


@pytest.fixture
def three_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """A subject may have three connections."""
    monkeypatch.setenv("CONNECTIONS_PER_SUBJECT", "3")
    environment.forget()


@pytest.mark.usefixtures("three_each")
def test_a_subject_has_so_many_connections_and_no_more(events: Application, capsys: pytest.CaptureFixture[str]) -> None:
    assert [_connect_as(events, "alice", number) for number in range(5)] == [200, 200, 200, 429, 429]
    assert "too-many-connections" in capsys.readouterr().out
    assert [_connect_as(events, "bob", number) for number in range(4)] == [200, 200, 200, 429]
    assert len(events.rows(CONNECTIONS_TABLE)) == 12
    forget(CONNECTIONS_TABLE, "alice-1")
    assert [_connect_as(events, "alice", number) for number in (5, 6)] == [200, 429]


@pytest.mark.usefixtures("three_each")
def test_handshakes_at_once_let_in_no_more(events: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has seen every slot free: what counts is what the table has when it is taken."""
    monkeypatch.setattr("aws.connections.slots._held", lambda *_: iter(()))
    assert [_connect_as(events, "alice", number) for number in range(5)] == [200, 200, 200, 500, 500]
    assert len(events.rows(CONNECTIONS_TABLE)) == 6


@pytest.mark.usefixtures("three_each")
def test_a_handshake_that_another_overtakes_takes_another_slot(
    events: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, met = client("dynamodb").transact_write_items, [False, True, True]

    def meet(**parameters: Any) -> Any:
        if met and met.pop():
            raise cancelled("TransactionConflict", "None")
        return write(**parameters)

    monkeypatch.setattr(client("dynamodb"), "transact_write_items", meet)
    assert _connect_as(events, "alice", 1) == 200
    assert met == []


@pytest.mark.usefixtures("three_each")
def test_a_lost_end_keeps_nobody_out_for_good(events: Application, kid: str) -> None:
    """No `$disconnect` has come for any of them: their slots are free when their tokens have ended."""
    settings = environment.read(Settings)
    now = int(time.time())

    def begins(number: int, at: int) -> bool:
        event = handshake(query=(tokens.shared(kid, iat=now, exp=now + 600),), connection_id=f"c{number}")
        row = connection_for(event, settings, now_ns=lambda: now * 1_000_000_000)
        try:
            begin(CONNECTIONS_TABLE, row, most=3, now=at)
        except NoSlotFree:
            return False
        return True

    assert [begins(number, now) for number in range(4)] == [True, True, True, False]
    assert [begins(number, now + 599) for number in range(4, 5)] == [False]
    assert [begins(number, now + 600) for number in range(5, 8)] == [True, True, True]


def test_a_throttled_transaction_lets_nobody_in(events: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    def throttle(**_: Any) -> None:
        raise cancelled("ThrottlingError", "None")

    monkeypatch.setattr(client("dynamodb"), "transact_write_items", throttle)
    assert _connect_as(events, "alice", 1) == 500
    assert events.rows(CONNECTIONS_TABLE) == []
