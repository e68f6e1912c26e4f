"""Whether WebSockets can be opened, refused and written to."""

from __future__ import annotations

from typing import Any

from tools.checks.capabilities.rest import invocation
from tools.checks.capabilities.workshop import Lacking, Workshop, expect

_STAGE = "v1"
_ROUTES = """
def handler(event, context):
    context = event["requestContext"]
    if context["eventType"] == "CONNECT":
        welcome = (event.get("queryStringParameters") or {}).get("token") == "right"
        if welcome:
            tell(context["connectionId"])
        return {"statusCode": 200 if welcome else 401}
    return {"statusCode": 200}
"""


def websocket(shop: Workshop) -> None:
    """A handshake is refused as the function says, and to a connection that it lets through one can write."""
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect

    gateway, opened = shop("apigatewayv2"), shop.queue()
    api = _api(shop, gateway, shop.function(_ROUTES, inbox=opened))
    endpoint = f"{shop.clients.environment.endpoint}/_aws/execute-api/{api}/{_STAGE}"
    address = endpoint.replace("http", "ws", 1)
    try:
        connect(address, proxy=None, open_timeout=10).close()
        raise Lacking("a handshake without a token is let through")
    except InvalidStatus as refused:
        status = refused.response.status_code
        expect(status == 401, f"a handshake without a token is answered with {status}")
    with connect(f"{address}?token=right", proxy=None, open_timeout=10) as connection:
        connection_id = opened.first(5)
        expect(connection_id, "the function is not told of a connection")
        manager = shop.clients.at(endpoint, "apigatewaymanagementapi")
        manager.post_to_connection(ConnectionId=connection_id, Data=b'"pushed"')
        try:
            said = connection.recv(timeout=5)
        except TimeoutError:
            raise Lacking("what is written to a connection does not arrive") from None
    expect(said in {'"pushed"', b'"pushed"'}, f"what is written to a connection arrives as {said!r}")


def _api(shop: Workshop, gateway: Any, function: str) -> str:
    made = gateway.create_api(
        Name=shop.name(), ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )["ApiId"]
    shop.undo(gateway.delete_api, ApiId=made)
    shop("lambda").add_permission(
        FunctionName=function,
        StatementId="gateway",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    integration = gateway.create_integration(
        ApiId=made, IntegrationType="AWS_PROXY", IntegrationMethod="POST", IntegrationUri=invocation(shop, function)
    )["IntegrationId"]
    for key in ("$connect", "$disconnect", "$default"):
        gateway.create_route(ApiId=made, RouteKey=key, Target=f"integrations/{integration}")
    deployment = gateway.create_deployment(ApiId=made)["DeploymentId"]
    gateway.create_stage(ApiId=made, StageName=_STAGE, DeploymentId=deployment)
    return str(made)
