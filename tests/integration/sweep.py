"""What is left in an account, by the account's own listings."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from botocore.exceptions import ClientError


def _keys(kms: Any) -> list[str]:
    """KMS keys cannot be deleted at once, only scheduled for it."""
    found = []
    for key in kms.list_keys()["Keys"]:
        about = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if about["KeyState"] != "PendingDeletion" and about.get("KeyManager") != "AWS":
            found.append(f"{key['KeyId']} ({about['Description']})")
    return found


def _websocket_apis(gateway: Any) -> list[str]:
    """Nothing is left of a service that the endpoint does not have at all."""
    try:
        return [api["Name"] for api in gateway.get_apis()["Items"]]
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.NOT_IMPLEMENTED:
            return []
        raise


def _log_groups(logs: Any) -> list[str]:
    """The last lines of a capability's probe may come when its group is gone, and make it anew; on AWS, too."""
    names = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    return [name for name in names if not name.startswith("/aws/lambda/probe-")]


def leftovers(client: Callable[[str], Any]) -> dict[str, list[str]]:
    """Return everything that is still there, by kind; empty when nothing is.

    Parameters
    ----------
    client
        Makes a boto3 client of a service.
    """
    gateway, functions, iam, events = client("apigateway"), client("lambda"), client("iam"), client("events")
    found = {
        "functions": [f["FunctionName"] for f in functions.list_functions()["Functions"]],
        "layers": [layer["LayerName"] for layer in functions.list_layers()["Layers"]],
        "APIs": [api["name"] for api in gateway.get_rest_apis()["items"]],
        "WebSocket APIs": _websocket_apis(client("apigatewayv2")),
        "event source mappings": [m["UUID"] for m in functions.list_event_source_mappings()["EventSourceMappings"]],
        "buses": [bus["Name"] for bus in events.list_event_buses()["EventBuses"] if bus["Name"] != "default"],
        "rules": [rule["Name"] for rule in events.list_rules()["Rules"]],
        "archives": [archive["ArchiveName"] for archive in events.list_archives()["Archives"]],
        "topics": [topic["TopicArn"] for topic in client("sns").list_topics()["Topics"]],
        "usage plans": [plan["name"] for plan in gateway.get_usage_plans()["items"]],
        "API keys": [key["name"] for key in gateway.get_api_keys()["items"]],
        "tables": client("dynamodb").list_tables()["TableNames"],
        "buckets": [bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]],
        "queues": client("sqs").list_queues().get("QueueUrls", []),
        "secrets": [secret["Name"] for secret in client("secretsmanager").list_secrets()["SecretList"]],
        "log groups": _log_groups(client("logs")),
        "roles": [role["RoleName"] for role in iam.list_roles()["Roles"] if role["RoleName"].startswith("starter-")],
        "policies": [policy["PolicyName"] for policy in iam.list_policies(Scope="Local")["Policies"]],
        "key aliases": [a["AliasName"] for a in client("kms").list_aliases()["Aliases"] if "starter" in a["AliasName"]],
        "keys": _keys(client("kms")),
    }
    return {kind: names for kind, names in found.items() if names}
