"""Removing a resource from an emulator by its import id, with all that belongs to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tools.access.listing import everything

Clients = Callable[[str], Any]

_AT_ONCE = 1000
"""Objects that S3 deletes in one call (S3 API reference, DeleteObjects)."""


def mapping(aws: Clients, uuid: str) -> None:
    aws("lambda").delete_event_source_mapping(UUID=uuid)


def function(aws: Clients, name: str) -> None:
    """With its versions, aliases, permissions and settings."""
    aws("lambda").delete_function(FunctionName=name)


def layer_version(aws: Clients, arn: str) -> None:
    name, _, version = arn.rpartition(":")
    aws("lambda").delete_layer_version(LayerName=name.rpartition(":")[2], VersionNumber=int(version))


def archive(aws: Clients, name: str) -> None:
    aws("events").delete_archive(ArchiveName=name)


def rule(aws: Clients, place: str) -> None:
    """With its targets, which would keep it."""
    bus, _, name = place.rpartition("/")
    of_rule = {"Rule": name, "EventBusName": bus}
    targets = [target["Id"] for target in everything(aws("events"), "list_targets_by_rule", **of_rule)]
    if targets:
        aws("events").remove_targets(**of_rule, Ids=targets)
    aws("events").delete_rule(Name=name, EventBusName=bus)


def bus(aws: Clients, name: str) -> None:
    aws("events").delete_event_bus(Name=name)


def usage_plan(aws: Clients, plan: str) -> None:
    """Without its stages first, which would keep it."""
    stages = aws("apigateway").get_usage_plan(usagePlanId=plan).get("apiStages", [])
    changes = [{"op": "remove", "path": "/apiStages", "value": f"{one['apiId']}:{one['stage']}"} for one in stages]
    if changes:
        aws("apigateway").update_usage_plan(usagePlanId=plan, patchOperations=changes)
    aws("apigateway").delete_usage_plan(usagePlanId=plan)


def api_key(aws: Clients, key: str) -> None:
    aws("apigateway").delete_api_key(apiKey=key)


def rest_api(aws: Clients, api: str) -> None:
    aws("apigateway").delete_rest_api(restApiId=api)


def websocket_api(aws: Clients, api: str) -> None:
    aws("apigatewayv2").delete_api(ApiId=api)


def web_acl(aws: Clients, place: str) -> None:
    key, name, scope = place.split("/")
    named = {"Id": key, "Name": name, "Scope": scope}
    aws("wafv2").delete_web_acl(**named, LockToken=aws("wafv2").get_web_acl(**named)["LockToken"])


def role(aws: Clients, name: str) -> None:
    """With its policies, which would keep it."""
    iam, of_role = aws("iam"), {"RoleName": name}
    for policy in everything(iam, "list_role_policies", **of_role):
        iam.delete_role_policy(**of_role, PolicyName=policy)
    for policy in everything(iam, "list_attached_role_policies", **of_role):
        iam.detach_role_policy(**of_role, PolicyArn=policy["PolicyArn"])
    iam.delete_role(**of_role)


def table(aws: Clients, name: str) -> None:
    aws("dynamodb").delete_table(TableName=name)


def bucket(aws: Clients, name: str) -> None:
    """With every version of every object."""
    s3 = aws("s3")
    for key in ("Versions", "DeleteMarkers"):
        found = everything(s3, "list_object_versions", key=key, Bucket=name)
        versions = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
        for start in range(0, len(versions), _AT_ONCE):
            s3.delete_objects(Bucket=name, Delete={"Objects": versions[start : start + _AT_ONCE], "Quiet": True})
    s3.delete_bucket(Bucket=name)


def queue(aws: Clients, url: str) -> None:
    aws("sqs").delete_queue(QueueUrl=url)


def topic(aws: Clients, arn: str) -> None:
    aws("sns").delete_topic(TopicArn=arn)


def secret(aws: Clients, arn: str) -> None:
    aws("secretsmanager").delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


def log_group(aws: Clients, name: str) -> None:
    aws("logs").delete_log_group(logGroupName=name)


def key_alias(aws: Clients, name: str) -> None:
    aws("kms").delete_alias(AliasName=name)


def key(aws: Clients, key_id: str) -> None:
    """As soon as KMS allows: in seven days (KMS API reference, ScheduleKeyDeletion)."""
    aws("kms").schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
