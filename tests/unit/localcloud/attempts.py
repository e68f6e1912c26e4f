"""Attempts of a call as an SDK sends them, one by one, and whatever may become of them."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from tests.unit.localcloud.aws import REGION, Answer, Aws, request

CREATE_TABLE = "DynamoDB_20120810.CreateTable"


def signed(
    aws: Aws,
    number: int,
    body: str,
    *,
    invocation: str,
    service: str = "dynamodb",
    target: str = CREATE_TABLE,
    credentials: Any = None,
) -> dict[str, str]:
    """Return the headers of one attempt of a call, by whom the tests' clients are unless others are named."""
    headers = {
        "X-Amz-Target": target,
        "Content-Type": "application/x-amz-json-1.0",
        "amz-sdk-invocation-id": invocation,
        "amz-sdk-request": f"attempt={number}; max=3",
    }
    made = AWSRequest("POST", aws.url + "/", data=body, headers=headers)
    SigV4Auth(credentials or aws(service)._request_signer._credentials, service, REGION).add_auth(made)
    return dict(made.headers)


def attempt(aws: Aws, number: int, body: str, *, invocation: str, **more: Any) -> Answer:
    """Send one attempt and return its answer."""
    return request(aws.url, "POST", "/", body.encode(), signed(aws, number, body, invocation=invocation, **more))


def abandon(aws: Aws, body: str, *, invocation: str, **more: Any) -> None:
    """Send a first attempt, and leave before it is answered."""
    headers = signed(aws, 1, body, invocation=invocation, **more)
    host = urlsplit(aws.url)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST / HTTP/1.1\r\nHost: {host.netloc}\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((host.hostname or "", host.port or 0)) as caller:
        caller.sendall(head.encode() + body.encode())
