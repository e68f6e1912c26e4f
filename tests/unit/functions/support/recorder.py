"""Which AWS actions a function's code really calls, seen where boto3 is about to send them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from botocore.handlers import BUILTIN_HANDLERS

from tests.unit.functions.support.cloud import CURSOR_SECRET, IDEMPOTENCY_TABLE, ITEMS_TABLE, TOKEN_SECRET

PERMISSIONS = Path(__file__).resolve().parents[4] / "security" / "permissions.yaml"
# IAM's service prefix by boto3's name of the service.
_SERVICES = {"DynamoDB": "dynamodb", "Secrets Manager": "secretsmanager"}
_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}

Call = tuple[str, str]


def granted() -> dict[str, set[Call]]:
    """Return function to its (action, resource) pairs."""
    document = yaml.safe_load(PERMISSIONS.read_text(encoding="utf-8"))
    return {
        function: {(action, rule["resource"]) for rule in rules for action in rule["actions"]}
        for function, rules in document.items()
    }


class Recorder:
    """Collects the calls of each function, and those that no permission covers."""

    def __init__(self) -> None:
        self.function = ""
        self.calls: dict[str, set[Call]] = {}
        self.refused: list[tuple[str, Call]] = []
        self.granted = granted()
        self._handler = ("provide-client-params.*.*", self._record)

    def attach(self) -> None:
        """Listen to every call of every client that is made from now on, whoever makes it."""
        BUILTIN_HANDLERS.append(self._handler)

    def detach(self) -> None:
        """Listen to no more clients."""
        BUILTIN_HANDLERS.remove(self._handler)

    def reset(self) -> None:
        """Begin a new test."""
        self.function = ""
        self.calls = {}
        self.refused = []

    def _record(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if not self.function:
            return
        service = _SERVICES[str(model.service_model.service_id)]
        for action, target in _parts(model.name, params):
            call = (f"{service}:{action}", _resource(target))
            self.calls.setdefault(self.function, set()).add(call)
            if call not in self.granted.get(self.function, set()):
                self.refused.append((self.function, call))


def _parts(operation: str, params: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return IAM's actions of an operation: a transaction is authorised part by part."""
    if operation != "TransactWriteItems":
        return [(operation, params)]
    return [(_TRANSACTIONS[kind], part) for entry in params["TransactItems"] for kind, part in entry.items()]


def _resource(params: dict[str, Any]) -> str:
    name = params.get("TableName") or params["SecretId"]
    if "IndexName" in params:
        return {ITEMS_TABLE: "items_indexes"}[name]
    return {
        ITEMS_TABLE: "items_table",
        IDEMPOTENCY_TABLE: "idempotency_table",
        CURSOR_SECRET: "cursor_key",
        TOKEN_SECRET: "token_key",
    }[name]
