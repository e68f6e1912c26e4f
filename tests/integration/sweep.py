"""What there is in an account, by the account's own listings: whose it is before a run, and what is left after it."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from botocore.exceptions import ClientError

from tools.access.listing import everything

Inventory = dict[str, set[str]]
"""Names by kind; where names are not unique, with the id."""


def _keys(kms: Any) -> set[str]:
    """KMS keys cannot be deleted at once, only scheduled for it."""
    found = set()
    for key in everything(kms, "list_keys"):
        about = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if about["KeyState"] != "PendingDeletion" and about.get("KeyManager") != "AWS":
            found.add(f"{about['Description']} {key['KeyId']}")
    return found


def _websocket_apis(gateway: Any) -> set[str]:
    """Nothing is left of a service that the endpoint does not have at all."""
    try:
        return {f"{api['Name']} {api['ApiId']}" for api in everything(gateway, "get_apis")}
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.NOT_IMPLEMENTED:
            return set()
        raise


def _layer_versions(functions: Any) -> set[str]:
    names = [layer["LayerName"] for layer in everything(functions, "list_layers")]
    return {
        version["LayerVersionArn"]
        for name in names
        for version in everything(functions, "list_layer_versions", LayerName=name)
    }


def _rules(events: Any) -> set[str]:
    buses = [bus["Name"] for bus in everything(events, "list_event_buses")]
    return {f"{rule['Name']} {bus}" for bus in buses for rule in everything(events, "list_rules", EventBusName=bus)}


def inventory(client: Callable[[str], Any]) -> Inventory:
    """Return everything that is there, less what AWS keeps for itself.

    Parameters
    ----------
    client
        Makes a boto3 client of a service.
    """
    gateway, functions, iam, events = client("apigateway"), client("lambda"), client("iam"), client("events")
    # The last lines of a capability's probe may come when its group is gone, and make it anew; on AWS, too.
    groups = [group["logGroupName"] for group in everything(client("logs"), "describe_log_groups")]
    return {
        "functions": {each["FunctionName"] for each in everything(functions, "list_functions")},
        "layer versions": _layer_versions(functions),
        "APIs": {f"{each['name']} {each['id']}" for each in everything(gateway, "get_rest_apis")},
        "WebSocket APIs": _websocket_apis(client("apigatewayv2")),
        "event source mappings": {each["UUID"] for each in everything(functions, "list_event_source_mappings")},
        "buses": {each["Name"] for each in everything(events, "list_event_buses")} - {"default"},
        "rules": _rules(events),
        "archives": {each["ArchiveName"] for each in everything(events, "list_archives")},
        "topics": {each["TopicArn"] for each in everything(client("sns"), "list_topics")},
        "usage plans": {f"{each['name']} {each['id']}" for each in everything(gateway, "get_usage_plans")},
        "API keys": {f"{each['name']} {each['id']}" for each in everything(gateway, "get_api_keys")},
        "tables": set(everything(client("dynamodb"), "list_tables")),
        "buckets": {each["Name"] for each in everything(client("s3"), "list_buckets")},
        "queues": set(everything(client("sqs"), "list_queues")),
        "secrets": {each["Name"] for each in everything(client("secretsmanager"), "list_secrets")},
        "log groups": {name for name in groups if not name.startswith("/aws/lambda/probe-")},
        "roles": {each["RoleName"] for each in everything(iam, "list_roles") if "/aws-" not in each["Path"]},
        "policies": {each["PolicyName"] for each in everything(iam, "list_policies", Scope="Local")},
        "key aliases": {
            each["AliasName"]
            for each in everything(client("kms"), "list_aliases")
            if not each["AliasName"].startswith("alias/aws/")
        },
        "keys": _keys(client("kms")),
    }


def leftovers(client: Callable[[str], Any], before: Inventory | None = None) -> dict[str, list[str]]:
    """Return what differs from how it was before, by kind: what is left, and what somebody else has lost.

    Parameters
    ----------
    client
        Makes a boto3 client of a service.
    before
        The inventory of then; without one, nothing was there.
    """
    now, before = inventory(client), before or {}
    left = {kind: sorted(now[kind] - before.get(kind, set())) for kind in now}
    lost = {f"lost {kind}": sorted(before.get(kind, set()) - now[kind]) for kind in now}
    return {kind: names for kind, names in (left | lost).items() if names}


def of_deployment(found: Inventory, prefix: str) -> list[str]:
    """Return the names of a deployment whose names begin with `prefix`, wherever in a path, ARN or URL it stands."""
    ours = re.compile(rf"(^|[/: ]){re.escape(prefix)}[-/]")
    return sorted(name for names in found.values() for name in names if ours.search(name))
