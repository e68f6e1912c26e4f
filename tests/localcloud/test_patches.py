"""Each patch closes its defect, and each defect is still there without it.

A probe returns whether an emulator behaves as AWS does. Where the second test fails, MiniStack has fixed the defect:
take the patch out.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.ministack import patches
from tests.localcloud import web_probes
from tests.localcloud.aws import ECHO, REGION, Aws, document, zipped
from tests.localcloud.call_probes import authorizer_answers, handler_exceptions, repeated_calls, worker_exits
from tests.localcloud.event_probes import (
    alarm_events,
    async_invocations,
    bus_rights,
    event_targets,
    expired_items,
    reserved_concurrency,
    stream_mappings,
    stream_records,
)
from tools.access.listing import everything

_JSON = {"Content-Type": "application/json"}


def put_rest_api(aws: Aws) -> bool:
    api_id = aws("apigateway").create_rest_api(name="x")["id"]
    try:
        aws.put(api_id, {"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": {}})
    except ClientError:
        return False
    return True


def deployment_snapshot(aws: Aws) -> bool:
    api = aws.api(integration={"type": "MOCK"})
    resources = everything(aws("apigateway"), "get_resources", restApiId=api.id)
    resource = next(entry["id"] for entry in resources if entry["path"] == "/x")
    aws("apigateway").delete_resource(restApiId=api.id, resourceId=resource)
    before = api.call().status
    return before == 200


def stage_cache_status(aws: Aws) -> bool:
    api = aws.api(integration={"type": "MOCK"})
    change = [{"op": "replace", "path": "/cacheClusterEnabled", "value": "true"}]
    aws("apigateway").update_stage(restApiId=api.id, stageName="prod", patchOperations=change)
    stage = aws("apigateway").get_stage(restApiId=api.id, stageName="prod")
    return bool(stage.get("cacheClusterStatus") == "AVAILABLE")


def generated_api_keys(aws: Aws) -> bool:
    try:
        made = aws("apigateway").create_api_key(name="k", value="")
    except ClientError:
        return False
    return len(made["value"]) >= 20


def unset_throttles(aws: Aws) -> bool:
    api = aws.api(integration={"type": "MOCK"})
    limits = {"throttling/burstLimit": "-1", "throttling/rateLimit": "-1"}
    changes = [{"op": "replace", "path": f"/*/*/{path}", "value": value} for path, value in limits.items()]
    aws("apigateway").update_stage(restApiId=api.id, stageName="prod", patchOperations=changes)
    return api.call().status == 200


def rest_requests(aws: Aws) -> bool:
    answer = aws.api(function=aws.function(ECHO)).call(headers={"X-Forwarded-For": "203.0.113.9"})
    event = answer.json
    return (
        event["requestContext"]["requestId"] == answer.headers["x-amzn-requestid"]
        and event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"
        and event["headers"]["X-Forwarded-For"] == "203.0.113.9, 127.0.0.1"
        and "version" not in event
    )


def request_size(aws: Aws) -> bool:
    api = aws.api(integration={"type": "MOCK"})
    return [api.call(body=b"x" * size).status for size in (10 * 2**20, 10 * 2**20 + 1)] == [200, 413]


def request_validation(aws: Aws) -> bool:
    api = aws.api(integration={"type": "MOCK"}, schema={"type": "object", "properties": {"a": {"type": "number"}}})
    sent = [(b'{"a":NaN}', _JSON), (b'{"a":"x"}', {"Content-Type": "text/plain"}), (b'{"a":"x"}', _JSON)]
    return [api.call(body=body, headers=headers).status for body, headers in sent] == [400, 200, 400]


def lambda_proxy_failures(aws: Aws) -> bool:
    code = "def handler(event, context):\n    if event['body']: return {'no': 'status'}\n    raise ValueError('inside')"
    dressed = {"responseParameters": {"gatewayresponse.header.X-Dressed": "'yes'"}}
    api = aws.api(function=aws.function(code), gateway_responses={"DEFAULT_5XX": dressed})
    answers = [api.call(), api.call(body={})]
    return all(
        answer.status == 502 and answer.headers.get("x-dressed") == "yes" and b"inside" not in answer.body
        for answer in answers
    )


def mock_responses(aws: Aws) -> bool:
    templated = {"responseTemplates": {"application/json": "$context.requestId"}}
    request = {"application/json": '{"statusCode": 204}'}
    with_body = aws.api(integration={"type": "MOCK"}, responses={"200": templated}).call()
    without = aws.api(integration={"type": "MOCK", "requestTemplates": request}, responses={"204": {}}).call()
    return with_body.body.decode() == with_body.headers["x-amzn-requestid"] and without.headers["content-length"] == "0"


def gateway_response_variables(aws: Aws) -> bool:
    template = "$context.httpMethod $context.path $context.identity.sourceIp [$context.error.validationErrorString]"
    response = {"responseTemplates": {"application/json": template}}
    api = aws.api(integration={"type": "MOCK"}, gateway_responses={"MISSING_AUTHENTICATION_TOKEN": response})
    return api.call("GET").body == b"GET /prod/x 127.0.0.1 []"


def silent_handler_latency(aws: Aws) -> bool:
    function = aws.function("def handler(event, context):\n    return 1")
    return min(_timed(aws, function) for _ in range(8)) < 0.045


def _timed(aws: Aws, function: str) -> float:
    start = time.perf_counter()
    aws.invoke(function)
    return time.perf_counter() - start


def lambda_stdout_protocol(aws: Aws) -> bool:
    code = """
import os, subprocess
def handler(event, context):
    os.write(1, b'{"status":"ok","result":"forged"}\\n')
    subprocess.run(["echo", '{"status":"ok","result":"forged"}'], check=True)
    return event
"""
    function = aws.function(code)
    return [aws.invoke(function, number) for number in (1, 2)] == [1, 2]


def lambda_environment(aws: Aws) -> bool:
    code = "import os, both\ndef handler(event, context):\n    return [both.NAME, dict(os.environ)]"
    layer = aws("lambda").publish_layer_version(
        LayerName=aws.name(), Content={"ZipFile": zipped({"python/both.py": "NAME = 'layer'"})}
    )
    function = aws.function(code, Layers=[layer["LayerVersionArn"]])
    both = {"index.py": code, "both.py": "NAME = 'function'"}
    aws("lambda").update_function_code(FunctionName=function, ZipFile=zipped(both))
    source, environment = aws.invoke(function)
    return (
        source == "function"
        and environment.get("_HANDLER") == "index.handler"
        and environment.get("AWS_EXECUTION_ENV") == "AWS_Lambda_python3.13"
        and environment.get("AWS_LAMBDA_LOG_GROUP_NAME") == "/aws/lambda/" + function.rpartition(":")[2]
        and "STATE_DIR" not in environment
    )


def runtime_packages(aws: Aws) -> bool:
    code = """
from importlib.util import find_spec
def handler(event, context):
    import boto3
    boto3.client("s3")
    return [name for name in ("boto3", "botocore", "dateutil", "hypercorn", "pytest") if find_spec(name)]
"""
    return bool(aws.invoke(aws.function(code)) == ["boto3", "botocore", "dateutil"])


def secure_transport(aws: Aws) -> bool:
    bucket = f"tls-{aws.name()}"
    aws("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    refusal = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    aws("s3").put_bucket_policy(Bucket=bucket, Policy=document(refusal))
    code = f"""
import boto3, botocore.exceptions
def handler(event, context):
    try:
        boto3.client("s3").put_object(Bucket="{bucket}", Key="k", Body=b"")
    except botocore.exceptions.ClientError:
        return False
    return True
"""
    allowed = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    return bool(aws.invoke(aws.function(code, role=aws.role(allowed))))


def multipart_tags(aws: Aws) -> bool:
    s3 = aws("s3")
    s3.create_bucket(Bucket="parts", CreateBucketConfiguration={"LocationConstraint": REGION})
    upload = s3.create_multipart_upload(Bucket="parts", Key="k", Tagging="Project=starter")["UploadId"]
    part = s3.upload_part(Bucket="parts", Key="k", UploadId=upload, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket="parts", Key="k", UploadId=upload, MultipartUpload=parts)
    wanted = [{"Key": "Project", "Value": "starter"}]
    if s3.get_object_tagging(Bucket="parts", Key="k")["TagSet"] != wanted:
        return False
    aws.restart()
    return bool(s3.get_object_tagging(Bucket="parts", Key="k")["TagSet"] == wanted)


def empty_secrets(aws: Aws) -> bool:
    secrets = aws("secretsmanager")
    made = secrets.create_secret(Name="empty")
    if "VersionId" in made or everything(secrets, "list_secret_version_ids", SecretId="empty"):
        return False
    secrets.put_secret_value(SecretId="empty", SecretString="first")
    return bool(secrets.get_secret_value(SecretId="empty")["SecretString"] == "first")


def key_listings(aws: Aws) -> bool:
    made = {aws("kms").create_key()["KeyMetadata"]["KeyId"] for _ in range(3)}
    return made <= {key["KeyId"] for key in everything(aws("kms"), "list_keys", Limit=2)}


def log_group_keys(aws: Aws) -> bool:
    logs, key = aws("logs"), aws("kms").create_key()["KeyMetadata"]["Arn"]
    logs.create_log_group(logGroupName="keyed")

    def its_key() -> Any:
        return everything(logs, "describe_log_groups", logGroupNamePrefix="keyed")[0].get("kmsKeyId")

    try:
        logs.associate_kms_key(logGroupName="keyed", kmsKeyId=key)
        associated = its_key()
        logs.disassociate_kms_key(logGroupName="keyed")
    except ClientError:
        return False
    return bool(associated == key and its_key() is None)


def web_acl_members(aws: Aws) -> bool:
    waf = aws("wafv2")
    measured = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
    common = {"Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "VisibilityConfig": measured, "Rules": []}
    limit = {"RequestBody": {"API_GATEWAY": {"DefaultSizeInspectionLimit": "KB_48"}}}
    made = waf.create_web_acl(Name="w", Description="first", AssociationConfig=limit, **common)["Summary"]
    named = {"Name": "w", "Scope": "REGIONAL", "Id": made["Id"]}
    if waf.get_web_acl(**named)["WebACL"].get("AssociationConfig") != limit:
        return False
    waf.update_web_acl(Name="w", Id=made["Id"], LockToken=made["LockToken"], Description="second", **common)
    found = waf.get_web_acl(**named)["WebACL"]
    return bool(found["Description"] == "second" and "AssociationConfig" not in found)


PROBES: list[Callable[[Aws], bool]] = [
    put_rest_api,
    deployment_snapshot,
    stage_cache_status,
    generated_api_keys,
    unset_throttles,
    rest_requests,
    authorizer_answers,
    request_size,
    request_validation,
    lambda_proxy_failures,
    mock_responses,
    gateway_response_variables,
    silent_handler_latency,
    lambda_stdout_protocol,
    lambda_environment,
    runtime_packages,
    handler_exceptions,
    worker_exits,
    secure_transport,
    multipart_tags,
    empty_secrets,
    key_listings,
    log_group_keys,
    web_acl_members,
    *web_probes.PROBES,
    reserved_concurrency,
    async_invocations,
    stream_records,
    expired_items,
    stream_mappings,
    event_targets,
    alarm_events,
    bus_rights,
    repeated_calls,
]


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.__name__)
def test_behaves_as_aws_does(probe: Callable[[Aws], bool], aws: Aws) -> None:
    assert probe(aws)


@pytest.mark.full  # Only another version of MiniStack could change it.
@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.__name__)
def test_ministack_alone_still_does_not(probe: Callable[[Aws], bool], unpatched: Aws) -> None:
    assert not probe(unpatched), "fixed by MiniStack: the patch can go"


def test_every_patch_is_probed_and_says_why_it_is_there() -> None:
    assert [probe.__name__ for probe in PROBES] == list(patches.PATCHES)
    folder = Path(patches.__file__).parent
    for name in patches.PATCHES:
        text = (folder / f"{name}.py").read_text().partition('"""')[2].partition('"""')[0]
        assert all(word in text for word in ("MiniStack", "AWS", "Here")), f"{name}: no reason given"


def test_a_log_holds_the_lines_of_its_own_invocation(aws: Aws) -> None:
    code = "def handler(event, context):\n    print('line of', event)\n    return event"
    function = aws.function(code)
    results = [_log(aws, function, number) for number in range(3)]
    assert all(f"line of {number}" in text for number, text in enumerate(results))
    assert all(text.count("line of") == 1 and "end of invocation" not in text for text in results)


def _log(aws: Aws, function: str, number: int) -> str:
    import base64

    answer = aws("lambda").invoke(FunctionName=function, Payload=json.dumps(number), LogType="Tail")
    return base64.b64decode(answer["LogResult"]).decode()


def test_a_throttle_that_is_set_throttles(aws: Aws) -> None:
    api = aws.api(integration={"type": "MOCK"})
    limits = {"throttling/burstLimit": "2", "throttling/rateLimit": "0.01"}
    changes = [{"op": "replace", "path": f"/*/*/{path}", "value": value} for path, value in limits.items()]
    aws("apigateway").update_stage(restApiId=api.id, stageName="prod", patchOperations=changes)
    answers = [api.call() for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].headers["x-amzn-errortype"] == "TooManyRequestsException"
