"""Resources that were created twice are found by their tags and removed; those of others stay."""

from __future__ import annotations

import json

from tests.integration.sweep import inventory, leftovers
from tests.localcloud.aws import ECHO, Aws, document, zipped
from tools.deployment.recovery import removal
from tools.deployment.recovery.orphans import Known, orphans, remove

OURS = {"Project": "starter", "Environment": "local"}
THEIRS: tuple[dict[str, str], ...] = ({"Project": "starter", "Environment": "locals"}, {"Environment": "local"}, {})
CODE = {"ZipFile": zipped({"index.py": ECHO})}


def _make(aws: Aws, tags: dict[str, str]) -> set[tuple[str, str]]:
    """Create one resource of each type without a unique name; return types and ids."""
    kms, gateway = aws("kms"), aws("apigateway")
    pairs = [{"TagKey": key, "TagValue": value} for key, value in tags.items()]
    socket = {"Name": "w", "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"}
    return {
        ("aws_kms_key", kms.create_key(Tags=pairs)["KeyMetadata"]["KeyId"]),
        ("aws_api_gateway_rest_api", gateway.create_rest_api(name="items", tags=tags)["id"]),
        ("aws_api_gateway_usage_plan", gateway.create_usage_plan(name="clients", tags=tags)["id"]),
        ("aws_api_gateway_api_key", gateway.create_api_key(name="client", tags=tags)["id"]),
        ("aws_apigatewayv2_api", aws("apigatewayv2").create_api(**socket, Tags=tags)["ApiId"]),
    }


def _make_parts(aws: Aws, function: str, layer: str) -> set[tuple[str, str]]:
    """Create an event source mapping of a function, and a version of a layer."""
    url = aws("sqs").create_queue(QueueName=aws.name())["QueueUrl"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping = aws("lambda").create_event_source_mapping(FunctionName=function, EventSourceArn=arn, Enabled=False)
    version = aws("lambda").publish_layer_version(LayerName=layer, Content=CODE)
    return {
        ("aws_lambda_event_source_mapping", mapping["UUID"]),
        ("aws_lambda_layer_version", version["LayerVersionArn"]),
    }


def test_only_our_resources_that_are_not_in_the_state_are_removed(aws: Aws) -> None:
    ours, another = (aws.function(ECHO).rpartition(":")[2] for _ in range(2))
    kept = _make(aws, OURS) | _make_parts(aws, ours, "ours")
    for tags in THEIRS:
        _make(aws, tags)
    _make_parts(aws, another, "ours-too")
    before = inventory(aws)
    twice = _make(aws, OURS) | _make_parts(aws, ours, "ours")
    known = Known(OURS, frozenset(kept), frozenset({ours}), frozenset({"ours"}))

    found = orphans(aws, known, known)
    assert {(one.type, one.id) for one in found} == twice
    assert {(one.type, one.id) for one in remove(aws, found)} == twice
    assert orphans(aws, known, known) == []
    assert {kind for kind in leftovers(aws, before) if kind != "queues"} == set()


def test_without_tags_nothing_is_removed(aws: Aws) -> None:
    made = _make(aws, OURS)
    assert orphans(aws, Known(), Known()) == []
    untagged = {"mode": "managed", "type": "aws_kms_key", "instances": [{"attributes": {"id": "1"}}]}
    assert Known.of({"resources": [untagged]}).tags == {}
    remove(aws, [one for one in orphans(aws, Known(OURS), Known()) if (one.type, one.id) in made])


def test_containers_are_removed_with_their_contents(aws: Aws) -> None:
    """A bucket with versions and markers, a rule with targets on a bus, a role with policies, a plan with a stage."""
    before = inventory(aws)
    s3, events, iam = aws("s3"), aws("events"), aws("iam")
    s3.create_bucket(Bucket="held", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket="held", VersioningConfiguration={"Status": "Enabled"})
    for _ in range(2):
        s3.put_object(Bucket="held", Key="k", Body=b"x")
    s3.delete_object(Bucket="held", Key="k")
    events.create_event_bus(Name="held")
    events.put_rule(Name="held", EventBusName="held", EventPattern=json.dumps({"source": ["x"]}))
    target = {"Id": "t", "Arn": "arn:aws:sqs:eu-west-1:000000000000:held"}
    events.put_targets(Rule="held", EventBusName="held", Targets=[target])
    role = aws.role({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}).rpartition("/")[2]
    every_call = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    policy = iam.create_policy(PolicyName="held", PolicyDocument=document(every_call))
    iam.attach_role_policy(RoleName=role, PolicyArn=policy["Policy"]["Arn"])
    api = aws.api(integration={"type": "MOCK"})
    plan = aws("apigateway").create_usage_plan(name="held", apiStages=[{"apiId": api.id, "stage": "prod"}])["id"]

    removal.rule(aws, "held/held")
    removal.bus(aws, "held")
    removal.bucket(aws, "held")
    removal.role(aws, role)
    removal.usage_plan(aws, plan)
    removal.rest_api(aws, api.id)
    iam.delete_policy(PolicyArn=policy["Policy"]["Arn"])
    assert leftovers(aws, before) == {}
