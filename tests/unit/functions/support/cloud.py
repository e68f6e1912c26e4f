"""The AWS resources that the functions use, in memory."""

from __future__ import annotations

from typing import Any

ITEMS_TABLE = "unit-items"
IDEMPOTENCY_TABLE = "unit-idempotency"
CURSOR_SECRET = "unit-cursor-key"
TOKEN_SECRET = "unit-token-key"
CURSOR_KEY = "cursor-key-" + "c" * 32
TOKEN_KEY = "token-key-" + "t" * 32
ISSUER = "https://issuer.unit.example"
AUDIENCE = "items"

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_REGION": "eu-west-1",
    "ITEMS_TABLE": ITEMS_TABLE,
    "IDEMPOTENCY_TABLE": IDEMPOTENCY_TABLE,
    "CURSOR_SECRET_ARN": CURSOR_SECRET,
    "TOKEN_SECRET_ARN": TOKEN_SECRET,
    "TOKEN_ISSUER": ISSUER,
    "TOKEN_AUDIENCE": AUDIENCE,
    "JWKS_URL": "",
    "JWKS_ISSUER": "",
    "ANONYMOUS_READS": "false",
    "CORS_ORIGIN": "https://app.unit.example",
    "VALIDATE_ANSWERS": "true",
    "POWERTOOLS_SERVICE_NAME": "unit",
    "POWERTOOLS_METRICS_NAMESPACE": "unit-tests",
    "POWERTOOLS_LOG_LEVEL": "INFO",
}


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
