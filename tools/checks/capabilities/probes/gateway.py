"""What a REST API does before and after it asks the function behind it."""

from __future__ import annotations

from tools.access.listing import everything
from tools.checks.capabilities.rest import MOCK, STAGE, invocation, proxy, rest_api
from tools.checks.capabilities.workshop import Workshop, expect, holds

_GATE = """
def handler(event, context):
    effect = "Allow" if event["authorizationToken"] == "right" else "Deny"
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "somebody", "policyDocument": policy, "context": {"who": "somebody"}}
"""
_WHO = """
import json


def handler(event, context):
    caller = event["requestContext"].get("authorizer") or {}
    return {"statusCode": 200, "body": json.dumps({"who": caller.get("who")})}
"""
_EACH_TIME_ANOTHER = """
import uuid


def handler(event, context):
    return {"statusCode": 200, "body": str(uuid.uuid4())}
"""
_PROBED_AT_ONCE = 12


def authorizer(shop: Workshop) -> None:
    """A wrong token is refused, a right one comes through, and the function is told whose it is."""
    gate = shop.function(_GATE)
    shop("lambda").add_permission(
        FunctionName=gate, StatementId="gateway", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    asked = {"type": "token", "authorizerUri": invocation(shop, gate), "authorizerResultTtlInSeconds": 0}
    scheme = {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": asked,
    }
    components = {"securitySchemes": {"gate": scheme}}
    api = rest_api(shop, proxy(shop, shop.function(_WHO)), {"security": [{"gate": []}]}, components=components)
    for answer, token in ((api.get(), "no"), (api.get(Authorization="wrong"), "a wrong")):
        expect(answer.status in {401, 403}, f"{token} token is answered with {answer.status}")
    answer = api.get(Authorization="right")
    expect(answer.status == 200, f"the right token is answered with {answer.status}")
    expect(answer.json() == {"who": "somebody"}, "the authorizer's context does not reach the function")


def request_validation(shop: Workshop) -> None:
    """A body that is not of its method's model is refused, and one that is passes."""
    model = {"type": "object", "required": ["a"], "properties": {"a": {"type": "number"}}}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Model"}}}
    api = rest_api(
        shop,
        MOCK,
        {"requestBody": {"required": True, "content": content}},
        verb="post",
        components={"schemas": {"Model": model}},
        x_amazon_apigateway_request_validators={"body": {"validateRequestBody": True}},
        x_amazon_apigateway_request_validator="body",
    )
    good, bad = api.post({"a": 1}).status, api.post({"a": "text"}).status
    expect(good == 200, f"a good body is answered with {good}")
    expect(bad == 400, f"a bad body is answered with {bad}")


def gateway_responses(shop: Workshop) -> None:
    """What the gateway refuses by itself is answered in the words of the API's own document."""
    template = '{"told": "$context.httpMethod", "request": "$context.requestId"}'
    response = {"statusCode": 404, "responseTemplates": {"application/json": template}}
    responses = {"MISSING_AUTHENTICATION_TOKEN": response}
    api = rest_api(shop, MOCK, x_amazon_apigateway_gateway_responses=responses)
    answer = api.get("/nothing")
    expect(answer.status == 404, f"an unknown path is answered with {answer.status}")
    told = answer.json()
    expect(told.get("told") == "GET" and told.get("request"), "an unknown path is answered in the gateway's own words")


def throttle(shop: Workshop) -> None:
    """Of many requests at once some are refused where one a second is allowed, and none where nothing is said."""
    api = rest_api(shop, MOCK)
    free = {api.get().status for _ in range(_PROBED_AT_ONCE)}
    expect(free == {200}, f"without a limit the answers are {sorted(free)}")
    api.set(throttling__rateLimit="1", throttling__burstLimit="1")
    limited = [api.get().status for _ in range(_PROBED_AT_ONCE)]
    expect(429 in limited, f"{_PROBED_AT_ONCE} requests at once pass a limit of one a second")


def usage_plan(shop: Workshop) -> None:
    """A method that wants an API key refuses those without, and those whose quota is used up."""
    scheme = {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}
    api = rest_api(shop, MOCK, {"security": [{"api_key": []}]}, components={"securitySchemes": scheme})
    gateway = shop("apigateway")
    plan = gateway.create_usage_plan(
        name=shop.name(), apiStages=[{"apiId": api.id, "stage": STAGE}], quota={"limit": 2, "period": "DAY"}
    )["id"]
    stage = [{"op": "remove", "path": "/apiStages", "value": f"{api.id}:{STAGE}"}]
    shop.undo(gateway.delete_usage_plan, usagePlanId=plan)
    shop.undo(gateway.update_usage_plan, usagePlanId=plan, patchOperations=stage)
    key = gateway.create_api_key(name=shop.name(), enabled=True)
    shop.undo(gateway.delete_api_key, apiKey=key["id"])
    gateway.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
    refused = api.get().status
    expect(refused == 403, f"a request without an API key is answered with {refused}")
    answers = [api.get(x_api_key=key["value"]).status for _ in range(4)]
    expect(answers == [200, 200, 429, 429], f"with a quota of two requests the answers are {answers}")


def response_cache(shop: Workshop) -> None:
    """A second request is answered from the stage's cache, without asking the function."""
    cluster = {"cacheClusterEnabled": True, "cacheClusterSize": "0.5"}
    api = rest_api(shop, proxy(shop, shop.function(_EACH_TIME_ANOTHER)), stage=cluster)
    api.set(caching__enabled="true", caching__ttlInSeconds="300")
    answers = [api.get() for _ in range(2)]
    expect({answer.status for answer in answers} == {200}, f"the function is answered with {answers[0].status}")
    expect(answers[0].body == answers[1].body, "the function is asked each time")


def deployment_snapshot(shop: Workshop) -> None:
    """A stage serves the API as it was when it was deployed, until the next deployment."""
    api = rest_api(shop, MOCK)
    gateway, method = api.gateway, {"httpMethod": "GET", "authorizationType": "NONE"}
    resources = {
        resource["path"]: resource["id"] for resource in everything(gateway, "get_resources", restApiId=api.id)
    }
    gateway.delete_resource(restApiId=api.id, resourceId=resources["/x"])
    made = gateway.create_resource(restApiId=api.id, parentId=resources["/"], pathPart="y")["id"]
    gateway.put_method(restApiId=api.id, resourceId=made, **method)
    integration = {"type": "MOCK", "requestTemplates": MOCK["requestTemplates"]}
    gateway.put_integration(restApiId=api.id, resourceId=made, httpMethod="GET", **integration)
    answers = {path: api.get(path).status for path in ("/x", "/y")}
    expect(answers["/x"] == 200, "what was removed from an API is gone before its next deployment")
    expect(answers["/y"] in {403, 404}, "what was added to an API is served before its next deployment")
    deployment = gateway.create_deployment(restApiId=api.id)["id"]
    change = [{"op": "replace", "path": "/deploymentId", "value": deployment}]
    gateway.update_stage(restApiId=api.id, stageName=STAGE, patchOperations=change)
    expect(holds(lambda: api.get("/x").status != 200, 3), "what was removed from an API is served after a deployment")
