"""A WebSocket API with one function, for tests: it returns what a message asks for, and sends each event to a queue."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.localcloud.aws import Aws, uri
from tools.access.listing import everything

ECHO = {"statusCode": 200, "body": "the event"}
"""An answer whose body the function replaces with its event."""

_CODE = """
import boto3, json

def handler(event, context):
    print("received", event["requestContext"]["eventType"])
    boto3.client("sqs").send_message(QueueUrl=%r, MessageBody=json.dumps(event))
    asked = (event.get("queryStringParameters") or {}).get("answer") or event.get("body") or "{}"
    answer = (json.loads(asked) if asked.startswith("{") else {}).get("answer", {"statusCode": 200})
    if answer == "raise":
        raise ValueError("inside")
    if isinstance(answer, dict) and "body" in answer:
        answer["body"] = json.dumps(event)
    return answer
"""


@dataclass(frozen=True)
class SocketApi:
    """A deployed API; its route `tell` is two-way, `act` and $default are one-way."""

    aws: Aws
    id: str
    function: str
    queue: str

    @property
    def endpoint(self) -> str:
        return f"{self.aws.url}/_aws/execute-api/{self.id}/v1"

    def connect(self, answer: Any = None) -> ClientConnection:
        """Open a connection; `answer` is what $connect returns, or "raise"."""
        query = f"?{urlencode({'answer': json.dumps({'answer': answer})})}" if answer else ""
        return connect(self.endpoint.replace("http", "ws", 1) + query, additional_headers={"X-Test": "yes"})

    def handshake(self, answer: Any) -> int:
        """Return the status of a handshake for which $connect returns `answer`."""
        try:
            with self.connect(answer) as connection:
                return connection.response.status_code if connection.response else 0
        except InvalidStatus as refused:
            return refused.response.status_code

    def next_event(self, kind: str, wait_s: float = 5) -> Any:
        """Return the next event of one type and skip others; None when none arrives in time."""
        end = time.monotonic() + wait_s
        while time.monotonic() < end:
            received = self.aws("sqs").receive_message(QueueUrl=self.queue, WaitTimeSeconds=1)
            for message in received.get("Messages", []):
                self.aws("sqs").delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
                event = json.loads(message["Body"])
                if event["requestContext"]["eventType"] == kind:
                    return event
        return None

    def log_lines(self) -> list[str]:
        """Return the lines of the function's log."""
        group = "/aws/lambda/" + self.function.rpartition(":")[2]
        with contextlib.suppress(self.aws("logs").exceptions.ResourceNotFoundException):
            return [event["message"] for event in everything(self.aws("logs"), "filter_log_events", logGroupName=group)]
        return []

    def manager(self) -> Any:
        """Return a client for the API's @connections."""
        return Aws(self.endpoint)("apigatewaymanagementapi")


def socket_api(aws: Aws) -> SocketApi:
    queue = aws("sqs").create_queue(QueueName=aws.name())["QueueUrl"]
    sends = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    function = aws.function(_CODE % queue, role=aws.role(sends))
    gateway = aws("apigatewayv2")
    selection = "$request.body.action"
    api = gateway.create_api(Name=aws.name(), ProtocolType="WEBSOCKET", RouteSelectionExpression=selection)["ApiId"]
    integration = gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationMethod="POST", IntegrationUri=uri(function)
    )["IntegrationId"]
    for key in ("$connect", "$disconnect", "$default", "act", "tell"):
        two_way = {"RouteResponseSelectionExpression": "$default"} if key == "tell" else {}
        route = gateway.create_route(ApiId=api, RouteKey=key, Target=f"integrations/{integration}", **two_way)
        if two_way:
            gateway.create_route_response(ApiId=api, RouteId=route["RouteId"], RouteResponseKey="$default")
    deployment = gateway.create_deployment(ApiId=api)["DeploymentId"]
    gateway.create_stage(ApiId=api, StageName="v1", DeploymentId=deployment)
    return SocketApi(aws, api, function, queue)


def exchange(connection: ClientConnection, message: Any, wait_s: float = 5) -> Any:
    """Send a message; return the answer (JSON or text), None when none arrives in time, or the close code."""
    try:
        connection.send(json.dumps(message) if isinstance(message, dict) else message)
        answer = connection.recv(timeout=wait_s)
    except TimeoutError:
        return None
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 0
    with contextlib.suppress(ValueError):
        return json.loads(answer)
    return answer


def drop(connection: ClientConnection) -> None:
    """End a connection without a close frame, as a lost network does."""
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.socket.close()
