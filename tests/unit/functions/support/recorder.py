"""Which AWS actions a function's code really calls, seen where boto3 is about to send them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from botocore.handlers import BUILTIN_HANDLERS

from tests.unit.functions.support import cloud
from tests.unit.functions.support.kills import Life

PERMISSIONS = Path(__file__).resolve().parents[4] / "security" / "permissions.yaml"
# IAM's service prefix by boto3's name of the service.
_SERVICES = {
    "ApiGatewayManagementApi": "execute-api",
    "DynamoDB": "dynamodb",
    "EventBridge": "events",
    "S3": "s3",
    "SNS": "sns",
    "SQS": "sqs",
    "Secrets Manager": "secretsmanager",
}
# IAM's action of an operation, where it has another name (Service Authorization Reference).
_ACTIONS = {
    "DeleteConnection": "ManageConnections",
    "DeleteObjects": "DeleteObject",
    "GetConnection": "ManageConnections",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjectsV2": "ListBucket",
    "PostToConnection": "ManageConnections",
}
_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
# The names that permissions.yaml has for them.
_TABLES = {
    cloud.ITEMS_TABLE: "items",
    cloud.IDEMPOTENCY_TABLE: "idempotency",
    cloud.CONNECTIONS_TABLE: "connections",
}
_BUCKETS = {cloud.UPLOADS_BUCKET: "uploads", cloud.IMAGES_BUCKET: "images", cloud.REPORTS_BUCKET: "reports"}
_SECRETS = {cloud.CURSOR_SECRET: "cursor_secret", cloud.TOKEN_SECRET: "token_secret"}
_QUEUES = {cloud.NOTIFICATIONS_QUEUE: "notifications", cloud.FAILURES_QUEUE: "failures"}
# What security/iam-roles.tf makes of these names.
_EVERY = {
    "every_table": {f"{name}_table" for name in _TABLES.values()},
    "every_bucket": {f"{name}_bucket" for name in _BUCKETS.values()},
    "every_queue": {f"{name}_queue" for name in _QUEUES.values()},
    "every_topic": {"notification_topic"},
    "every_secret": set(_SECRETS.values()),
}

_ASKED = "asked"

Call = tuple[str, str]


def granted() -> dict[str, set[Call]]:
    """Return function to its (action, resource) pairs."""
    document = yaml.safe_load(PERMISSIONS.read_text(encoding="utf-8"))
    return {
        function: {
            (action, resource)
            for rule in rules
            for action in rule["actions"]
            for resource in _EVERY.get(rule["resource"], {rule["resource"]})
        }
        for function, rules in document.items()
    }


class Recorder:
    """Collects the calls of each function, and those that no permission covers."""

    def __init__(self) -> None:
        self.function = ""
        self.calls: dict[str, set[Call]] = {}
        self.refused: list[tuple[str, Call]] = []
        self.granted = granted()
        self.life = Life()
        self._handlers: list[tuple[str, Any]] = [
            ("provide-client-params.*.*", self._record),
            ("before-call.*.*", self._before),
            ("after-call.*.*", self._after),
            ("before-sign.s3.PutObject", self._record_signature),
        ]

    def attach(self) -> None:
        """Listen to every call of every client that is made from now on, whoever makes it."""
        BUILTIN_HANDLERS.extend(self._handlers)

    def detach(self) -> None:
        """Listen to no more clients."""
        for handler in self._handlers:
            BUILTIN_HANDLERS.remove(handler)

    def reset(self) -> None:
        """Begin a new test."""
        self.function = ""
        self.calls = {}
        self.refused = []
        self.life = Life()

    def _before(self, **_: Any) -> None:
        if self.function:
            self.life.before()

    def _after(self, model: Any, context: dict[str, Any], **_: Any) -> None:
        if self.function:
            self.life.after(model.name, context[_ASKED])

    def _record(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        context[_ASKED] = params
        if not self.function:
            return
        if model.name == "CreateBucket" and context.get("is_presign_request"):
            return  # what boto3 takes for a presigned POST, which is noted when it is signed
        service = _SERVICES[str(model.service_model.service_id)]
        for action, target in _parts(model.name, params):
            self._note(f"{service}:{_ACTIONS.get(action, action)}", _resource(target))

    def _record_signature(self, request: Any, signature_version: str, **_: Any) -> None:
        """A presigned POST is a permission lent to somebody else: no call is made, and the signer needs the right."""
        if self.function and "presign-post" in str(signature_version):
            bucket = next(name for name in _BUCKETS if name in request.url)
            self._note("s3:PutObject", f"{_BUCKETS[bucket]}_objects")

    def _note(self, action: str, resource: str) -> None:
        call = (action, resource)
        self.calls.setdefault(self.function, set()).add(call)
        if call not in self.granted.get(self.function, set()):
            self.refused.append((self.function, call))


def _parts(operation: str, params: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return IAM's actions of an operation: a transaction or batch is authorised part by part."""
    match operation:
        case "TransactWriteItems":
            return [(_TRANSACTIONS[kind], part) for entry in params["TransactItems"] for kind, part in entry.items()]
        case "BatchGetItem" | "BatchWriteItem":
            return [(operation, {"TableName": table}) for table in params["RequestItems"]]
        case "GetObject" if "VersionId" in params:
            return [("GetObjectVersion", params)]
        case "PutEvents":
            return [(operation, entry) for entry in params["Entries"]]
    return [(operation, params)]


def _resource(params: dict[str, Any]) -> str:
    """Return the name that permissions.yaml has for what a call is about."""
    match params:
        case {"TableName": table, "IndexName": _}:
            return f"{_TABLES[table]}_indexes"
        case {"TableName": table}:
            return f"{_TABLES[table]}_table"
        case {"SecretId": secret}:
            return _SECRETS[secret]
        case {"Bucket": bucket, "Key": _} | {"Bucket": bucket, "Delete": _}:
            return f"{_BUCKETS[bucket]}_objects"
        case {"Bucket": bucket}:
            return f"{_BUCKETS[bucket]}_bucket"
        case {"TopicArn": arn}:
            return {cloud.NOTIFICATION_TOPIC: "notification_topic"}[arn.rpartition(":")[2]]
        case {"QueueUrl": url}:
            return f"{_QUEUES[url.rpartition('/')[2]]}_queue"
        case {"EventBusName": bus} | {"Name": bus}:
            return {cloud.EVENT_BUS: "event_bus"}[bus]
        case {"ConnectionId": _}:
            return "websocket_connections"
    raise AssertionError(f"the recorder does not know what {sorted(params)} is about")
