"""How each type of resource is found by what a plan says of it, and removed from an emulator.

The import ids are those of the AWS provider's documentation, section "Import" of each resource.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tools.access.listing import everything
from tools.deployment.recovery import removal

Clients = Callable[[str], Any]
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """A type of resource that is refused, or made twice, when it is made again.

    Parameters
    ----------
    find
        Returns its import id, or None where there is none. May raise `ClientError` or `LookupError` where there is
        none, or where the plan does not know yet what to look for.
    remove
        Removes it by its import id; None where it goes with what it belongs to.
    """

    find: Callable[[Clients, Values], str | None]
    remove: Callable[[Clients, str], None] | None = None


def _first(found: Iterable[Any]) -> str | None:
    return next((str(one) for one in found), None)


def _tagged(values: Values, tags: Any) -> bool:
    """Return whether something carries all the tags that the plan gives it, however a service lists them."""
    if isinstance(tags, list):
        tags = {tag.get("Key", tag.get("TagKey")): tag.get("Value", tag.get("TagValue")) for tag in tags}
    wanted = values.get("tags_all") or {}
    return bool(wanted) and wanted.items() <= (tags or {}).items()


def _same(service: str, listing: str) -> Callable[[Clients, Values], str | None]:
    """Return a finder of a kind whose names are not unique: by the plan's name and tags."""
    members = ("ApiId", "Name", "Tags") if service == "apigatewayv2" else ("id", "name", "tags")

    def find(aws: Clients, values: Values) -> str | None:
        rows = [[one.get(member) for member in members] for one in everything(aws(service), listing)]
        return _first(key for key, name, tags in rows if name == values["name"] and _tagged(values, tags))

    return find


def _log_group(aws: Clients, values: Values) -> str | None:
    name = values["name"]
    groups = everything(aws("logs"), "describe_log_groups", logGroupNamePrefix=name)
    return _first(group["logGroupName"] for group in groups if group["logGroupName"] == name)


def _permission(aws: Clients, values: Values) -> str | None:
    import json

    function, qualifier, statement = values["function_name"], values.get("qualifier"), values["statement_id"]
    asked = {"FunctionName": function} | ({"Qualifier": qualifier} if qualifier else {})
    policy = json.loads(aws("lambda").get_policy(**asked)["Policy"])
    where = f"{function}:{qualifier}" if qualifier else function
    return f"{where}/{statement}" if statement in [one.get("Sid") for one in policy["Statement"]] else None


def _mapping(aws: Clients, values: Values) -> str | None:
    asked = {"FunctionName": values["function_name"], "EventSourceArn": values["event_source_arn"]}
    return _first(one["UUID"] for one in everything(aws("lambda"), "list_event_source_mappings", **asked))


def _function(aws: Clients, values: Values) -> str:
    return str(aws("lambda").get_function(FunctionName=values["function_name"])["Configuration"]["FunctionName"])


def _alias(aws: Clients, values: Values) -> str:
    function, name = values["function_name"], values["name"]
    aws("lambda").get_alias(FunctionName=function, Name=name)
    return f"{function}/{name}"


def _key(aws: Clients, values: Values) -> str | None:
    kms = aws("kms")
    for key in everything(kms, "list_keys"):
        about = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if about["KeyState"] != "Enabled" or about.get("Description") != values.get("description"):
            continue
        tags = everything(kms, "list_resource_tags", KeyId=key["KeyId"]) if about.get("KeyManager") != "AWS" else []
        if _tagged(values, tags):
            return str(key["KeyId"])
    return None


def _key_alias(aws: Clients, values: Values) -> str:
    aws("kms").describe_key(KeyId=values["name"])
    return str(values["name"])


def _queue(aws: Clients, values: Values) -> str:
    return str(aws("sqs").get_queue_url(QueueName=values["name"])["QueueUrl"])


def _topic(aws: Clients, values: Values) -> str | None:
    arns = [topic["TopicArn"] for topic in everything(aws("sns"), "list_topics")]
    return _first(arn for arn in arns if arn.rpartition(":")[2] == values["name"])


def _web_acl(aws: Clients, values: Values) -> str | None:
    scope, acls = values["scope"], everything(aws("wafv2"), "list_web_acls", Scope=values["scope"])
    return _first(f"{acl['Id']}/{acl['Name']}/{scope}" for acl in acls if acl["Name"] == values["name"])


def _rest_stage(aws: Clients, values: Values) -> str:
    api, stage = values["rest_api_id"], values["stage_name"]
    aws("apigateway").get_stage(restApiId=api, stageName=stage)
    return f"{api}/{stage}"


def _plan_key(aws: Clients, values: Values) -> str:
    plan, key = values["usage_plan_id"], values["key_id"]
    aws("apigateway").get_usage_plan_key(usagePlanId=plan, keyId=key)
    return f"{plan}/{key}"


def _of_websocket(listing: str, id_key: str, *same: tuple[str, str]) -> Callable[[Clients, Values], str | None]:
    """Return a finder of a part of a WebSocket API, by members that are as the plan's arguments are."""

    def find(aws: Clients, values: Values) -> str | None:
        api = values["api_id"]
        path, within = [api], {"ApiId": api}
        if listing == "get_route_responses":
            path, within = [api, values["route_id"]], within | {"RouteId": values["route_id"]}
        found = everything(aws("apigatewayv2"), listing, **within)
        matching = [one for one in found if all(one.get(member) == values[argument] for member, argument in same)]
        return "/".join([*path, matching[0][id_key]]) if matching else None

    return find


def _rule(aws: Clients, values: Values) -> str:
    bus, name = values.get("event_bus_name") or "default", values["name"]
    aws("events").describe_rule(Name=name, EventBusName=bus)
    return f"{bus}/{name}"


def _bucket(aws: Clients, values: Values) -> str:
    aws("s3").head_bucket(Bucket=values["bucket"])
    return str(values["bucket"])


def _xray_group(aws: Clients, values: Values) -> str:
    return str(aws("xray").get_group(GroupName=values["group_name"])["Group"]["GroupARN"])


def _sampling_rule(aws: Clients, values: Values) -> str | None:
    rules = [one["SamplingRule"]["RuleName"] for one in everything(aws("xray"), "get_sampling_rules")]
    return _first(rule for rule in rules if rule == values["rule_name"])


KINDS: dict[str, Kind] = {
    # In the order of removal: what refers to something before what it refers to.
    "aws_lambda_event_source_mapping": Kind(_mapping, removal.mapping),
    "aws_cloudwatch_event_archive": Kind(
        lambda aws, it: str(aws("events").describe_archive(ArchiveName=it["name"])["ArchiveName"]), removal.archive
    ),
    "aws_cloudwatch_event_rule": Kind(_rule, removal.rule),
    "aws_cloudwatch_event_bus": Kind(
        lambda aws, it: str(aws("events").describe_event_bus(Name=it["name"])["Name"]), removal.bus
    ),
    "aws_api_gateway_usage_plan": Kind(_same("apigateway", "get_usage_plans"), removal.usage_plan),
    "aws_api_gateway_api_key": Kind(_same("apigateway", "get_api_keys"), removal.api_key),
    "aws_api_gateway_usage_plan_key": Kind(_plan_key),
    "aws_api_gateway_stage": Kind(_rest_stage),
    "aws_api_gateway_rest_api": Kind(_same("apigateway", "get_rest_apis"), removal.rest_api),
    "aws_apigatewayv2_api": Kind(_same("apigatewayv2", "get_apis"), removal.websocket_api),
    "aws_apigatewayv2_integration": Kind(
        _of_websocket("get_integrations", "IntegrationId", ("IntegrationUri", "integration_uri"))
    ),
    "aws_apigatewayv2_route": Kind(_of_websocket("get_routes", "RouteId", ("RouteKey", "route_key"))),
    "aws_apigatewayv2_route_response": Kind(
        _of_websocket("get_route_responses", "RouteResponseId", ("RouteResponseKey", "route_response_key"))
    ),
    "aws_apigatewayv2_stage": Kind(_of_websocket("get_stages", "StageName", ("StageName", "name"))),
    "aws_wafv2_web_acl": Kind(_web_acl, removal.web_acl),
    "aws_lambda_permission": Kind(_permission),
    "aws_lambda_alias": Kind(_alias),
    "aws_lambda_function": Kind(_function, removal.function),
    "aws_iam_role": Kind(
        lambda aws, it: str(aws("iam").get_role(RoleName=it["name"])["Role"]["RoleName"]), removal.role
    ),
    "aws_dynamodb_table": Kind(
        lambda aws, it: str(aws("dynamodb").describe_table(TableName=it["name"])["Table"]["TableName"]), removal.table
    ),
    "aws_s3_bucket": Kind(_bucket, removal.bucket),
    "aws_sqs_queue": Kind(_queue, removal.queue),
    "aws_sns_topic": Kind(_topic, removal.topic),
    "aws_secretsmanager_secret": Kind(
        lambda aws, it: str(aws("secretsmanager").describe_secret(SecretId=it["name"])["ARN"]), removal.secret
    ),
    "aws_cloudwatch_log_group": Kind(_log_group, removal.log_group),
    "aws_xray_group": Kind(_xray_group),
    "aws_xray_sampling_rule": Kind(_sampling_rule),
    "aws_kms_alias": Kind(_key_alias, removal.key_alias),
    "aws_kms_key": Kind(_key, removal.key),
}

_PUT = "making it again is putting it again"
_PART = "it goes with what it belongs to, and a second one does no harm"

AGAIN: dict[str, str] = {
    "aws_api_gateway_account": _PUT,
    "aws_api_gateway_deployment": _PART,
    "aws_api_gateway_method_settings": _PUT,
    "aws_apigatewayv2_deployment": _PART,
    "aws_cloudwatch_event_target": _PUT,
    "aws_iam_role_policy": _PUT,
    "aws_iam_role_policy_attachment": _PUT,
    "aws_lambda_function_event_invoke_config": _PUT,
    "aws_lambda_layer_version": "each is a new version, and one that the state does not name is removed",
    "aws_lambda_provisioned_concurrency_config": _PUT,
    "aws_s3_bucket_cors_configuration": _PUT,
    "aws_s3_bucket_lifecycle_configuration": _PUT,
    "aws_s3_bucket_notification": _PUT,
    "aws_s3_bucket_ownership_controls": _PUT,
    "aws_s3_bucket_policy": _PUT,
    "aws_s3_bucket_public_access_block": _PUT,
    "aws_s3_bucket_server_side_encryption_configuration": _PUT,
    "aws_s3_bucket_versioning": _PUT,
    "aws_s3_object": _PUT,
    "aws_secretsmanager_secret_version": "each is a new version, and the last one counts",
    "aws_sns_topic_subscription": "Subscribe answers with the subscription that there is",
    "aws_wafv2_web_acl_association": _PUT,
    "terraform_data": "it is in the state alone",
}
"""Types that nothing has to be done about, each with the reason."""
