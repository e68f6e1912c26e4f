"""Send the attempts of a call as an SDK does, one by one, also without reading the answer."""

from __future__ import annotations

import select
import socket
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from tests.localcloud.aws import REGION, Answer, Aws, request

CREATE_TABLE = "DynamoDB_20120810.CreateTable"


def signed(
    aws: Aws,
    number: int,
    body: str,
    *,
    invocation: str,
    service: str = "dynamodb",
    target: str = CREATE_TABLE,
    path: str = "/",
    content_type: str = "application/x-amz-json-1.0",
    credentials: Any = None,
) -> dict[str, str]:
    """Return the headers of one attempt of a call, signed by the tests' client unless other credentials are given."""
    headers = {
        **({"X-Amz-Target": target} if target else {}),
        "Content-Type": content_type,
        "amz-sdk-invocation-id": invocation,
        "amz-sdk-request": f"attempt={number}; max=3",
    }
    made = AWSRequest("POST", aws.url + path, data=body, headers=headers)
    SigV4Auth(credentials or aws(service)._request_signer._credentials, service, REGION).add_auth(made)
    return dict(made.headers)


def attempt(aws: Aws, number: int, body: str, *, invocation: str, **more: Any) -> Answer:
    """Send one attempt and return its response."""
    headers = signed(aws, number, body, invocation=invocation, **more)
    return request(aws.url, "POST", more.get("path", "/"), body.encode(), headers)


def invoke(aws: Aws, number: int, function: str, *, invocation: str) -> Answer:
    """Send one attempt of a function's invocation, and return its response."""
    path = f"/2015-03-31/functions/{function}/invocations"
    kind = "application/json"
    return attempt(aws, number, "{}", invocation=invocation, service="lambda", target="", path=path, content_type=kind)


def abandon(aws: Aws, body: str, *, invocation: str, answered: bool = False, **more: Any) -> None:
    """Send a first attempt and disconnect, at once or without reading the response that arrived."""
    headers = signed(aws, 1, body, invocation=invocation, **more)
    host = urlsplit(aws.url)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST / HTTP/1.1\r\nHost: {host.netloc}\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((host.hostname or "", host.port or 0)) as caller:
        caller.sendall(head.encode() + body.encode())
        if answered:
            select.select([caller], [], [], 30)
