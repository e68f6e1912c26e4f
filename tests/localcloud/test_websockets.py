"""WebSocket connections from the handshake to the close, and who may write to them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.localcloud.aws import ACCOUNT, REGION, Aws
from tests.localcloud.conftest import until
from tests.localcloud.sockets import ECHO, SocketApi, drop, exchange, socket_api


@pytest.fixture(scope="module")
def api(aws: Aws) -> SocketApi:
    return socket_api(aws)


def _id(connection: Any) -> str:
    return str(exchange(connection, {"action": "tell", "answer": ECHO})["requestContext"]["connectionId"])


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"statusCode": 204}, 101),
        ({"statusCode": 302}, 302),
        ({"statusCode": 401}, 401),
        ({"statusCode": 403}, 403),
        ({"statusCode": 503}, 503),
        ("raise", 502),
        ("no answer", 502),
        ({"no": "status"}, 502),
        ({"statusCode": 0}, 502),
    ],
)
def test_the_function_decides_on_the_handshake(api: SocketApi, answer: Any, status: int) -> None:
    assert api.handshake(answer) == status


def test_a_refused_connection_has_no_disconnect_event(aws: Aws) -> None:
    api = socket_api(aws)
    assert api.handshake({"statusCode": 401}) == 401
    assert api.next_event("DISCONNECT", wait_s=1) is None


def test_a_connect_event_has_the_handshake(aws: Aws) -> None:
    api = socket_api(aws)
    with api.connect({"statusCode": 200}):
        event = api.next_event("CONNECT")
    assert event["multiValueHeaders"]["X-Test"] == ["yes"]
    assert event["headers"]["X-Forwarded-For"] == "127.0.0.1"
    assert list(event["queryStringParameters"]) == list(event["multiValueQueryStringParameters"]) == ["answer"]
    context = event["requestContext"]
    assert (context["routeKey"], context["stage"], context["apiId"]) == ("$connect", "v1", api.id)
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert {"connectionId", "requestId", "extendedRequestId", "requestTimeEpoch", "domainName"} <= set(context)
    assert "body" not in event


@pytest.mark.parametrize("message", ["not JSON", "[1]", '{"action": "unheard of"}', '{"action": 5}', "{}"])
def test_a_message_without_a_route_goes_to_default(aws: Aws, message: str) -> None:
    api = socket_api(aws)
    with api.connect() as connection:
        connection.send(message)
        event = api.next_event("MESSAGE")
    assert event["requestContext"]["routeKey"] == "$default"
    assert event["body"] == message
    assert event["isBase64Encoded"] is False


def test_a_failing_message_names_the_connection_and_leaves_it_open(api: SocketApi) -> None:
    with api.connect() as connection:
        failure = exchange(connection, {"action": "act", "answer": "raise"})
        assert failure["message"] == "Internal server error"
        assert failure["connectionId"] == _id(connection)
        assert connection.ping().wait(5)


@pytest.mark.parametrize(("end", "code"), [("without a code", 1005), ("by its page", 1001), ("lost", 1006)])
def test_a_disconnect_event_has_the_close_code(aws: Aws, end: str, code: int) -> None:
    api = socket_api(aws)
    connection = api.connect().__enter__()
    connection_id = _id(connection)
    if end == "lost":
        drop(connection)
    elif end == "by its page":
        connection.close(code=1001)
    else:
        connection.protocol.send_close()
        connection.socket.sendall(b"".join(connection.protocol.data_to_send()))
    context = api.next_event("DISCONNECT")["requestContext"]
    assert (context["disconnectStatusCode"], context["connectionId"]) == (code, connection_id)
    with pytest.raises(api.manager().exceptions.GoneException):
        api.manager().post_to_connection(ConnectionId=connection_id, Data=b"x")


def test_the_server_can_close_a_connection(api: SocketApi) -> None:
    with api.connect() as connection:
        api.manager().delete_connection(ConnectionId=_id(connection))
        until(lambda: connection.state.name == "CLOSED")


def test_an_unknown_connection_is_gone(api: SocketApi) -> None:
    with pytest.raises(api.manager().exceptions.GoneException):
        api.manager().post_to_connection(ConnectionId="XfGLwd5NNjMCJ1g=", Data=b"x")


def test_only_a_role_that_may_manage_connections_can_write_to_them(aws: Aws, api: SocketApi) -> None:
    code = f"""
import boto3, os
def handler(event, context):
    url = os.environ["AWS_ENDPOINT_URL"] + "/_aws/execute-api/{api.id}/v1"
    manager = boto3.client("apigatewaymanagementapi", endpoint_url=url)
    try:
        manager.post_to_connection(ConnectionId=event, Data="hello ü".encode())
    except manager.exceptions.ClientError as refused:
        return refused.response["ResponseMetadata"]["HTTPStatusCode"]
    return 200
"""
    connections = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api.id}/v1/POST/@connections/*"
    manages = {"Effect": "Allow", "Action": "execute-api:ManageConnections", "Resource": connections}
    elsewhere = {**manages, "Resource": connections.replace(api.id, "another")}
    roles = [aws.role(manages), aws.role(elsewhere), aws.role()]
    with api.connect() as connection:
        connection_id = _id(connection)
        answers = [aws.invoke(aws.function(code, role=role), connection_id) for role in roles]
        assert answers == [200, 403, 403]
        assert connection.recv(timeout=5) == "hello ü"
