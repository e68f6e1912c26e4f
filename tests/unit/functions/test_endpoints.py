"""What goes wrong inside is answered without a word about the inside, and logged."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from aws.clients import ATTEMPTS, CONNECT_SECONDS, READ_SECONDS, client
from aws.items import reading as items_reader
from crud_api import get_item
from runtime import settings as environment
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import ITEMS_TABLE
from tests.unit.functions.support.events import ALICE, event
from web.responses import json_response

ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/unit-items"


def _client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": f"{ARN} says no"}}, "GetItem")


def _failing(error: Exception) -> Any:
    class Client:
        def __getattr__(self, _: str) -> Any:
            def fail(**_: Any) -> None:
                raise error

            return fail

    return lambda _: Client()


@pytest.mark.parametrize(
    "error",
    [
        _client_error("ProvisionedThroughputExceededException"),
        _client_error("ThrottlingException"),
        _client_error("RequestLimitExceeded"),
        ConnectTimeoutError(endpoint_url="https://dynamodb"),
        ReadTimeoutError(endpoint_url="https://dynamodb"),
        EndpointConnectionError(endpoint_url="https://dynamodb"),
    ],
)
@pytest.mark.parametrize("operation", ["create_item", "get_item", "list_items", "update_item", "delete_item"])
def test_a_busy_table_is_503(
    application: Application, monkeypatch: pytest.MonkeyPatch, operation: str, error: Exception
) -> None:
    for module in ("aws.items.reading", "aws.items.writing"):
        monkeypatch.setattr(f"{module}.client", _failing(error))
    answer = application.call(operation)
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "1"
    assert "dynamodb" not in answer.text


@pytest.mark.parametrize("error", [_client_error("AccessDeniedException"), ZeroDivisionError("secret"), KeyError("id")])
@pytest.mark.parametrize("operation", ["create_item", "get_item", "list_items", "update_item", "delete_item"])
def test_the_unexpected_is_500_and_says_nothing(
    application: Application,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    operation: str,
    error: Exception,
) -> None:
    for module in ("aws.items.reading", "aws.items.writing"):
        monkeypatch.setattr(f"{module}.client", _failing(error))
    answer = application.call(operation)
    assert answer.status == 500
    for secret in (ARN, ITEMS_TABLE, "arn:", "secret", "Traceback", type(error).__name__, "123456789012"):
        assert secret not in answer.text
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (failure,) = [line for line in logged if line.get("level") == "ERROR"]
    assert failure["exception_name"] == type(error).__name__
    assert "Traceback" in failure["exception"]
    assert failure["request_id"] == answer.body["requestId"]


def test_an_answer_that_breaks_the_contract_does_not_leave(
    application: Application, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    item = application.create(ALICE)
    monkeypatch.setattr(get_item, "representation", lambda _: {"id": "secret"})
    answer = application.call("get_item", item_id=item["id"])
    assert answer.status == 500
    assert "secret" not in answer.text
    assert "ContractViolation" in capsys.readouterr().out
    monkeypatch.setattr(get_item, "json_response", lambda *_: json_response(202, {}))
    assert application.call("get_item", item_id=item["id"]).status == 500


def test_the_contract_is_checked_only_where_that_is_on(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = application.create(ALICE)
    monkeypatch.setenv("VALIDATE_ANSWERS", "false")
    environment.forget()
    monkeypatch.setattr(get_item, "representation", lambda _: {"id": "odd"})
    assert application.run("get-item", event("get_item", item_id=item["id"]))["statusCode"] == 200


@pytest.mark.parametrize("variable", ["ITEMS_TABLE", "CORS_ORIGIN", "POWERTOOLS_METRICS_NAMESPACE"])
def test_a_missing_setting_is_500_and_named_in_the_log(
    application: Application, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str
) -> None:
    monkeypatch.delenv(variable)
    environment.forget()
    answer = application.run("get-item", event("get_item"))
    assert answer["statusCode"] == 500
    assert variable not in answer["body"]
    assert f"The environment variable {variable} is not set." in capsys.readouterr().out


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": None, "multiValueHeaders": None},
        {"queryStringParameters": None, "multiValueQueryStringParameters": None},
        {"pathParameters": None},
        {"multiValueHeaders": None},
        {"version": "1.0"},
        {"body": None},
    ],
)
def test_events_may_lack_what_they_need_not_have(application: Application, changes: dict[str, Any]) -> None:
    for operation in ("create_item", "get_item", "list_items", "update_item", "delete_item"):
        answer = application.run(operation.replace("_", "-"), {**event(operation), **changes})
        assert answer["statusCode"] < 500


def test_timeouts_nest() -> None:
    """SDK call < function (10 s) < gateway (29 s)."""
    config = client("dynamodb").meta.config
    assert (config.connect_timeout, config.read_timeout) == (CONNECT_SECONDS, READ_SECONDS)
    assert config.retries["total_max_attempts"] == ATTEMPTS
    assert ATTEMPTS * (CONNECT_SECONDS + READ_SECONDS) < 10


def test_cors_origin_is_the_configured_one(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGIN", "*")
    environment.forget()
    raw = application.run("create-item", event("create_item", headers={"Origin": "https://evil.unit.example"}))
    assert raw["headers"]["Access-Control-Allow-Origin"] == "*"
    assert raw["headers"]["X-Content-Type-Options"] == "nosniff"


def test_reads_of_one_item_are_consistent(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    class Client:
        def get_item(self, **parameters: Any) -> dict[str, Any]:
            asked.append(parameters)
            return {}

    monkeypatch.setattr(items_reader, "client", lambda _: Client())
    application.call("get_item")
    assert asked[0]["ConsistentRead"] is True
