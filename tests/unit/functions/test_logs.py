"""One structured line per request, metrics with bounded dimensions, and no credential in either."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import boto3
import pytest

from runtime import work
from runtime.logs import logger
from tests.token_table import BAD
from tests.unit.functions.support import tokens
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import CURSOR_KEY, TOKEN_KEY, TOKEN_SECRET
from tests.unit.functions.support.events import EXP, INPUT, recorded


def _lines(capsys: pytest.CaptureFixture[str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return log lines and metric lines."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if "_aws" not in line], [line for line in lines if "_aws" in line]


def test_a_request_leaves_one_line(application: Application, capsys: pytest.CaptureFixture[str]) -> None:
    work._started_before.clear()
    item = application.call("create_item", body=INPUT, headers={"X-Correlation-Id": "order.77"}).body
    application.call("get_item", item_id=item["id"])
    (first, second), _ = _lines(capsys)
    assert first["duration_ms"] > 0
    expected = {
        "level": "INFO",
        "message": "request",
        "service": "unit",
        "operation": "createItem",
        "method": "POST",
        "route": "/items",
        "status": 201,
        "request_id": "5f0a8f7e-1c1b-4c70-9d0a-2f4bb3f5f9b1",
        "correlation_id": "order.77",
        "cold_start": True,
    }
    assert {name: first[name] for name in expected} == expected
    assert (second["route"], second["cold_start"]) == ("/items/{id}", False)
    assert item["id"] not in json.dumps(second)


def test_lambda_can_read_a_lines_time_and_level(application: Application, capsys: pytest.CaptureFixture[str]) -> None:
    """In any other form of time Lambda takes an error for a line of level INFO ("Log-level filtering")."""
    application.call("list_items")
    logger().error("dependency")
    lines, _ = _lines(capsys)
    assert [line["level"] for line in lines] == ["INFO", "ERROR"]
    for line in lines:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line["timestamp"])


def test_a_cold_start_leaves_no_line_of_the_sdk(caplog: pytest.LogCaptureFixture) -> None:
    """Where credentials are found is said at INFO, the level that Lambda gives the root logger."""
    caplog.set_level(logging.INFO, logger="")
    boto3.session.Session().get_credentials()
    assert [record for record in caplog.records if record.name.startswith("botocore")] == []


@pytest.mark.parametrize("sent", ["", "a b", "x" * 129, "é", 'a"b', "a\nb", "<script>"])
def test_a_strange_correlation_id_is_replaced(
    application: Application, capsys: pytest.CaptureFixture[str], sent: str
) -> None:
    answer = application.call("list_items", headers={"X-Correlation-Id": sent})
    assert answer.headers["X-Correlation-Id"] == answer.headers["X-Request-Id"]
    assert _lines(capsys)[0][0]["correlation_id"] == answer.headers["X-Request-Id"]


def test_a_correlation_id_comes_back(application: Application) -> None:
    answer = application.call("list_items", headers={"x-correlation-id": "order.77"})
    assert answer.headers["X-Correlation-Id"] == "order.77"


def test_metrics_have_few_dimensions(application: Application, capsys: pytest.CaptureFixture[str]) -> None:
    item = application.call("create_item", body=INPUT).body
    for _ in range(3):
        application.call("get_item", item_id=item["id"])
    application.call("get_item")
    _, metrics = _lines(capsys)
    seen = set()
    for line in metrics:
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "unit-tests"
        assert {metric["Name"] for metric in directive["Metrics"]} == {"Requests"}
        (dimensions,) = directive["Dimensions"]
        assert sorted(dimensions) == ["operation", "service", "status"]
        seen.add((line["service"], line["operation"], line["status"]))
    assert len(metrics) == 5
    assert seen == {("unit", "createItem", "2xx"), ("unit", "getItem", "2xx"), ("unit", "getItem", "4xx")}


def test_an_authorization_leaves_one_line(application: Application, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exception, match="Unauthorized"):
        application.run("rest-authorizer", recorded("authorizer_request"))
    (line,), (metric,) = _lines(capsys)
    assert (line["message"], line["outcome"], line["reason"]) == ("authorization", "refused", "unknown-key")
    assert line["request_id"] == "5f0a8f7e-1c1b-4c70-9d0a-2f4bb3f5f9b1"
    assert (metric["outcome"], metric["Authorizations"]) == ("refused", [1.0])


def test_no_token_claim_or_secret_is_ever_logged(
    application: Application,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG, logger="auth")
    kid = application.secrets.get_secret_value(SecretId=TOKEN_SECRET)["VersionId"]
    subject = "subject-that-nobody-logs"
    good, wrong = tokens.shared(kid, sub=subject), tokens.shared(kid, sub=subject, key="w" * 40)
    refused = [
        wrong,
        tokens.shared(kid, sub=subject, exp=1),
        BAD["alg none"].make(tokens.signer(kid)),
        tokens.shared(kid, sub=subject + "\n"),
    ]
    for token in (good, *refused):
        for template in ("authorizer_token", "authorizer_request"):
            event = recorded(template)
            event["authorizationToken"] = f"Bearer {token}"
            event.get("multiValueHeaders", {})["Authorization"] = [f"Bearer {token}"]
            if token == good:
                application.run("rest-authorizer", event)
                continue
            with pytest.raises(Exception, match=r"^Unauthorized$") as refusal:
                application.run("rest-authorizer", event)
            assert refusal.value.__cause__ is None
            assert refusal.value.__suppress_context__
    caller = {"kind": "user", "sub": subject, "scope": "items:read items:write", "exp": EXP}
    headers = {
        "Authorization": f"Bearer {good}",
        "Cookie": "session=cookie-that-nobody-logs",
        "Idempotency-Key": "key-that-nobody-logs",
    }
    for _ in range(2):
        application.call("create_item", caller=caller, headers=headers, body={**INPUT, "name": "name-not-logged"})
    application.call("create_item", caller=caller, headers=headers, body=INPUT)
    application.call("create_item", caller=caller, body=INPUT)
    page = application.call("list_items", caller=caller, headers=headers, query={"limit": "1"}).body
    application.call("list_items", caller=caller, headers=headers, query={"cursor": page["nextCursor"]})
    application.call("get_item", caller=None, headers=headers)
    monkeypatch.setattr("aws.items.reading.from_record", lambda _: 1 / 0)
    application.call("list_items", caller=caller, headers=headers)
    written = capsys.readouterr()
    logged = written.out + written.err + caplog.text
    assert "ZeroDivisionError" in logged
    secrets = [subject, "not-logged", "nobody-logs", TOKEN_KEY, CURSOR_KEY, kid, page["nextCursor"], "Bearer", "alice"]
    for secret in [*secrets, *(part for token in (good, *refused) for part in token.split(".") if part)]:
        assert secret not in logged
