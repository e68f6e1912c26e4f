"""The AWS resources that the functions use, in memory."""

from __future__ import annotations

import json
from typing import Any

from aws.clients import client

ITEMS_TABLE = "unit-items"
IDEMPOTENCY_TABLE = "unit-idempotency"
CONNECTIONS_TABLE = "unit-connections"
UPLOADS_BUCKET = "unit-uploads"
IMAGES_BUCKET = "unit-images"
REPORTS_BUCKET = "unit-reports"
EVENT_BUS = "unit-bus"
NOTIFICATIONS_QUEUE = "unit-notifications"
FAILURES_QUEUE = "unit-failures"
NOTIFICATION_TOPIC = "unit-notifications"
WEBSOCKET_ENDPOINT = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod"
ACCOUNT = "123456789012"
CURSOR_SECRET = "unit-cursor-key"
TOKEN_SECRET = "unit-token-key"
CURSOR_KEY = "cursor-key-" + "c" * 32
TOKEN_KEY = "token-key-" + "t" * 32
ISSUER = "https://issuer.unit.example"
AUDIENCE = "items"

DEPENDENCIES: dict[str, dict[str, str]] = {
    "tables": {"items": ITEMS_TABLE, "connections": CONNECTIONS_TABLE, "idempotency": IDEMPOTENCY_TABLE},
    "buckets": {"uploads": UPLOADS_BUCKET, "images": IMAGES_BUCKET, "reports": REPORTS_BUCKET},
    "queues": {
        name: f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/{queue}"
        for name, queue in (("notifications", NOTIFICATIONS_QUEUE), ("failures", FAILURES_QUEUE))
    },
    "topics": {"notification": f"arn:aws:sns:eu-west-1:{ACCOUNT}:{NOTIFICATION_TOPIC}"},
    "buses": {"event": EVENT_BUS},
    "secrets": {"token": TOKEN_SECRET, "cursor": CURSOR_SECRET},
}

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_REGION": "eu-west-1",
    "ITEMS_TABLE": ITEMS_TABLE,
    "IDEMPOTENCY_TABLE": IDEMPOTENCY_TABLE,
    "CONNECTIONS_TABLE": CONNECTIONS_TABLE,
    "CONNECTIONS_PER_SUBJECT": "20",
    "UPLOADS_BUCKET": UPLOADS_BUCKET,
    "UPLOAD_MAX_BYTES": "26214400",
    "IMAGES_BUCKET": IMAGES_BUCKET,
    "IMAGE_SIZES": "thumb:160 small:480 large:1024",
    "IMAGE_FORMAT": "webp",
    "IMAGE_MAX_PIXELS": "50000000",
    "REPORTS_BUCKET": REPORTS_BUCKET,
    "EVENT_BUS": EVENT_BUS,
    "NOTIFICATION_TOPIC_ARN": f"arn:aws:sns:eu-west-1:{ACCOUNT}:{NOTIFICATION_TOPIC}",
    "DEPENDENCIES": json.dumps(DEPENDENCIES),
    "WEBSOCKET_ENDPOINT": WEBSOCKET_ENDPOINT,
    "CURSOR_SECRET_ARN": CURSOR_SECRET,
    "TOKEN_SECRET_ARN": TOKEN_SECRET,
    "TOKEN_ISSUER": ISSUER,
    "TOKEN_AUDIENCE": AUDIENCE,
    "JWKS_URL": "",
    "JWKS_ISSUER": "",
    "JWKS_ADMIN": "",
    "ANONYMOUS_READS": "false",
    "CORS_ORIGIN": "https://app.unit.example",
    "VALIDATE_ANSWERS": "true",
    "POWERTOOLS_SERVICE_NAME": "unit",
    "POWERTOOLS_METRICS_NAMESPACE": "unit-tests",
    "POWERTOOLS_LOG_LEVEL": "INFO",
}


def without_connections() -> dict[str, dict[str, str]]:
    """Return the dependencies where there is no WebSocket API."""
    tables = {name: table for name, table in DEPENDENCIES["tables"].items() if name != "connections"}
    return {**DEPENDENCIES, "tables": tables}


def create_resources(dynamodb: Any, secrets: Any) -> None:
    """Create tables and secrets as Terraform does."""
    indexes = [
        {
            "IndexName": name,
            "KeySchema": [
                {"AttributeName": partition, "KeyType": "HASH"},
                {"AttributeName": "id", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
        for name, partition in (("by-owner", "owner"), ("public", "publicPartition"))
    ]
    dynamodb.create_table(
        TableName=ITEMS_TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("id", "owner", "publicPartition")
        ],
        GlobalSecondaryIndexes=indexes,
    )
    dynamodb.create_table(
        TableName=IDEMPOTENCY_TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    secrets.create_secret(Name=CURSOR_SECRET, SecretString=CURSOR_KEY)
    secrets.create_secret(Name=TOKEN_SECRET, SecretString=TOKEN_KEY)


def create_event_resources() -> None:
    """Create what the functions behind the API use beside tables and secrets, as Terraform does."""
    client("dynamodb").create_table(
        TableName=CONNECTIONS_TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "topic", "KeyType": "HASH"},
            {"AttributeName": "connectionId", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("topic", "connectionId")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-connection",
                "KeySchema": [
                    {"AttributeName": "connectionId", "KeyType": "HASH"},
                    {"AttributeName": "topic", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    for bucket in (UPLOADS_BUCKET, IMAGES_BUCKET, REPORTS_BUCKET):
        client("s3").create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": ENVIRONMENT["AWS_REGION"]}
        )
        client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    client("events").create_event_bus(Name=EVENT_BUS)
    for queue in (NOTIFICATIONS_QUEUE, FAILURES_QUEUE):
        client("sqs").create_queue(QueueName=queue)
    client("sns").create_topic(Name=NOTIFICATION_TOPIC)
