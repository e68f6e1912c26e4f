"""The functions as their callers see them: an event in, an answer out, held against the contract each time."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto import mock_aws

from aws.clients import client
from tests.unit.functions.support.cloud import ENVIRONMENT, IDEMPOTENCY_TABLE, ITEMS_TABLE, create_resources
from tests.unit.functions.support.events import INPUT, Context, event
from tests.unit.functions.support.recorder import Recorder
from tools.access.listing import everything
from web.answers import check_answer

SOURCES = Path(__file__).resolve().parents[4] / "lambda_src"
# By convention a file with a handler is a function.
MODULES = {
    path.stem.replace("_", "-"): f"{path.parent.name}.{path.stem}"
    for path in sorted(SOURCES.glob("*/*.py"))
    if "\ndef handler(" in path.read_text(encoding="utf-8")
}


@dataclass(frozen=True)
class Answer:
    """An answer of a function; `body` is the JSON value in it."""

    status: int
    headers: dict[str, str]
    text: str
    body: Any

    @property
    def kind(self) -> str:
        """The last part of the problem's type."""
        return str(self.body["type"]).rpartition("/")[2]


class Application:
    """All functions over one set of tables and secrets.

    Parameters
    ----------
    recorder
        Is told which function runs.
    dynamodb, secrets
        Clients for what a test arranges or looks up itself.
    """

    def __init__(self, recorder: Recorder, dynamodb: Any, secrets: Any) -> None:
        self.recorder = recorder
        self.dynamodb = dynamodb
        self.secrets = secrets

    def run(self, function: str, given: dict[str, Any], context: Context | None = None) -> Any:
        """Return what the handler of a function returns."""
        module = importlib.import_module(MODULES[function])
        self.recorder.function = function
        try:
            return module.handler(given, context or Context())
        finally:
            self.recorder.function = ""

    def call(self, operation: str, *, context: Context | None = None, **parts: Any) -> Answer:
        """Answer a request, and check what every answer has to have."""
        function = operation.replace("_", "-")
        given = event(operation, **parts)
        raw = self.run(function, given, context)
        json.dumps(raw).encode()
        answer = Answer(
            raw["statusCode"], raw["headers"], raw["body"], json.loads(raw["body"]) if raw["body"] else None
        )
        check_answer(importlib.import_module(MODULES[function]).OPERATION.id, answer.status, answer.body)
        assert answer.headers["Access-Control-Allow-Origin"] == ENVIRONMENT["CORS_ORIGIN"]
        assert answer.headers["X-Request-Id"] == given["requestContext"]["requestId"]
        assert answer.headers["Cache-Control"]
        assert "Authorization" in answer.headers["Vary"]
        if answer.status >= 400:
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.body["status"] == answer.status
            assert answer.body["requestId"] == given["requestContext"]["requestId"]
        return answer

    def create(self, caller: dict[str, str], **properties: Any) -> dict[str, Any]:
        """Create an item and return it."""
        answer = self.call("create_item", caller=caller, body=INPUT | properties)
        assert answer.status == 201, answer.text
        created: dict[str, Any] = answer.body
        return created

    def rows(self, table: str = ITEMS_TABLE) -> list[dict[str, Any]]:
        """Return all rows of a table, as attribute values."""
        found: list[dict[str, Any]] = everything(self.dynamodb, "scan", TableName=table)
        return found

    def idempotency_rows(self) -> list[dict[str, Any]]:
        """Return all idempotency records."""
        return self.rows(IDEMPOTENCY_TABLE)


@contextmanager
def world(recorder: Recorder) -> Iterator[Application]:
    """An AWS account of its own, with the functions over empty tables.

    At the end, no function may have called what it has no permission for.
    """
    with mock_aws():
        dynamodb, secrets = client("dynamodb"), client("secretsmanager")
        create_resources(dynamodb, secrets)
        recorder.reset()
        yield Application(recorder, dynamodb, secrets)
        assert recorder.refused == [], "called without a permission in security/permissions.yaml"
