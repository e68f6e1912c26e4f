"""What the functions behind the WebSocket API log: one line each, and nothing of a token or of what people write."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from aws.secrets import signing_keys
from tests.token_table import BAD
from tests.unit.functions.support import tokens
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import CONNECTIONS_TABLE, TOKEN_KEY, TOKEN_SECRET
from tests.unit.functions.support.events import Context, recorded
from tests.unit.functions.support.sockets import CONNECTION, Sockets, connect, handshake, say, signing_key_id


def _lines(capsys: pytest.CaptureFixture[str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return log lines and metric lines."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if "_aws" not in line], [line for line in lines if "_aws" in line]


def test_each_event_leaves_one_line_and_one_metric(events: Application, capsys: pytest.CaptureFixture[str]) -> None:
    connect(events)
    connect(events, scope="")
    events.run("websocket-connect", handshake())
    say(events, {"action": "subscribe", "topic": "public"})
    say(events, {"action": "something else"})
    events.run("websocket-disconnect", recorded("websocket_disconnect"))
    lines, metrics = _lines(capsys)
    assert [(line["kind"], line["outcome"], line.get("reason")) for line in lines] == [
        ("connect", "done", None),
        ("connect", "refused", "scope-missing"),
        ("connect", "refused", "no-credential"),
        ("subscribe", "done", None),
        ("message", "refused", "unknown-action"),
        ("disconnect", "done", None),
    ]
    assert [(line["kind"], line["outcome"]) for line in metrics] == [(line["kind"], line["outcome"]) for line in lines]
    assert all(
        line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["kind", "outcome", "service"]] for line in metrics
    )
    for line in lines:
        assert line["connection_id"] == CONNECTION
        assert line["correlation_id"]
        assert line["duration_ms"] >= 0
    assert [lines[0]["status"], lines[1]["status"], lines[2]["status"], lines[5]["topics"]] == [200, 403, 401, 2]


def test_no_token_and_nothing_personal_is_ever_logged(
    events: Application,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG, logger="auth")
    kid = signing_key_id()
    subject = "subject-that-nobody-logs"
    good = tokens.shared(kid, sub=subject)
    shown = [
        good,
        tokens.shared(kid, sub=subject, key="w" * 40),
        tokens.shared(kid, sub=subject, exp=1),
        tokens.shared(kid, sub=subject, scope=""),
        BAD["alg none"].make(tokens.signer(kid)),
    ]
    for token in shown:
        for event in (
            handshake(f"Bearer {token}"),
            handshake(query=(token,)),
            handshake(f"Bearer {token}", query=(token,)),
            handshake(token),
        ):
            events.run("websocket-connect", event)
    Sockets(CONNECTION)
    for message in (
        {"action": "ping"},
        {"action": "nobody-logs this"},
        "text that nobody-logs",
        {"topic": "nobody-logs"},
    ):
        say(events, message)
    event = recorded("sqs_notifications")
    for record in event["Records"]:
        record["body"] = record["body"].replace("alice", subject).replace("Desk lamp", "name that nobody-logs")
    events.run("notification-sender", event, Context())
    with monkeypatch.context() as patch:
        patch.setattr("websocket.websocket_message.soon", lambda *_: 1 / 0)
        say(events, {"action": "subscribe", "topic": "public"})
    events.dynamodb.delete_table(TableName=CONNECTIONS_TABLE)
    events.run("websocket-connect", handshake(query=(good,)))
    events.secrets.delete_secret(SecretId=TOKEN_SECRET, ForceDeleteWithoutRecovery=True)
    signing_keys.cache_clear()
    events.run("websocket-connect", handshake(query=(good,)))
    written = capsys.readouterr()
    logged = written.out + written.err + caplog.text
    for cause in ("ResourceNotFoundException", "ZeroDivisionError", "KeysUnavailable"):
        assert cause in logged
    secrets = [subject, "nobody-logs", TOKEN_KEY, kid, "Bearer", "token="]
    for secret in [*secrets, *(part for token in shown for part in token.split(".") if part)]:
        assert secret not in logged
