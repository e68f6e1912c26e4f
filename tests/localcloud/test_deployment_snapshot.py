"""A stage serves what its deployment captured, and no later change."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.aws import Api, Aws, request
from tools.access.listing import everything


def document(word: str, *paths: str) -> dict[str, Any]:
    answer = {"statusCode": "200", "responseTemplates": {"application/json": word}}
    template = {"application/json": '{"statusCode": 200}'}
    integration = {"type": "mock", "requestTemplates": template, "responses": {"default": answer}}
    operation = {"responses": {"200": {"description": ""}}, "x-amazon-apigateway-integration": integration}
    info = {"title": "x", "version": "1"}
    return {"openapi": "3.0.1", "info": info, "paths": {path: {"post": operation} for path in paths or ("/x",)}}


def stage_of(api: Api) -> str:
    return str(api.aws("apigateway").get_stage(restApiId=api.id, stageName="prod")["deploymentId"])


def test_a_change_is_served_with_its_deployment(aws: Aws) -> None:
    api = aws.imported(document("first"))
    aws.put(api.id, document("second", "/x", "/y"))
    assert [api.call().body, api.call(path="/y").status] == [b"first", 403]
    api.redeploy()
    assert [api.call().body, api.call(path="/y").status] == [b"second", 200]


def test_a_stage_can_go_back(aws: Aws) -> None:
    api = aws.imported(document("first"))
    first = stage_of(api)
    aws.put(api.id, document("second"))
    api.redeploy()
    change = [{"op": "replace", "path": "/deploymentId", "value": first}]
    aws("apigateway").update_stage(restApiId=api.id, stageName="prod", patchOperations=change)
    assert api.call().body == b"first"


def test_two_stages_serve_two_deployments(aws: Aws) -> None:
    api = aws.imported(document("first"))
    aws.put(api.id, document("second"))
    deployment = aws("apigateway").create_deployment(restApiId=api.id)["id"]
    aws("apigateway").create_stage(restApiId=api.id, stageName="next", deploymentId=deployment)
    bodies = [request(aws.url, "POST", f"/_aws/execute-api/{api.id}/{stage}/x").body for stage in ("prod", "next")]
    assert bodies == [b"first", b"second"]


def test_a_served_deployment_cannot_be_deleted_and_an_old_one_can(aws: Aws) -> None:
    api = aws.imported(document("first"))
    first = stage_of(api)
    with pytest.raises(ClientError, match="Active stages"):
        aws("apigateway").delete_deployment(restApiId=api.id, deploymentId=first)
    api.redeploy()
    aws("apigateway").delete_deployment(restApiId=api.id, deploymentId=first)
    assert api.call().body == b"first"


@pytest.mark.parametrize("paths", [{}, {"/x": {"post": {"responses": {}}}}])
def test_an_incomplete_api_cannot_be_deployed(aws: Aws, paths: dict[str, Any]) -> None:
    api_id = aws("apigateway").create_rest_api(name="x")["id"]
    aws.put(api_id, {**document("x"), "paths": paths})
    with pytest.raises(ClientError, match="BadRequestException"):
        aws("apigateway").create_deployment(restApiId=api_id)


def test_the_control_plane_shows_the_current_definition(aws: Aws) -> None:
    api = aws.imported(document("first"))
    aws.put(api.id, document("second", "/y"))
    api.call()
    resources = everything(aws("apigateway"), "get_resources", restApiId=api.id)
    assert sorted(resource["path"] for resource in resources) == ["/", "/y"]


def test_a_deleted_api_is_gone(aws: Aws) -> None:
    api = aws.imported(document("first"))
    aws("apigateway").delete_rest_api(restApiId=api.id)
    answer = api.call()
    assert (answer.status, json.loads(answer.body)) == (404, {"message": "Not Found"})
