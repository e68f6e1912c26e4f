"""Attacks on the port of the real MiniStack."""

from __future__ import annotations

import hashlib
import socket
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from h2.connection import H2Connection
from h2.events import ResponseReceived
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.localcloud import attack_checks
from tests.localcloud.attack_checks import every_sender
from tests.localcloud.attacks import EVIL, Victim
from tests.localcloud.aws import REGION, Aws
from tests.localcloud.sockets import socket_api


@pytest.fixture(scope="module")
def victim(aws: Aws) -> Victim:
    return Victim.on(aws)


@every_sender
def test_no_attack_is_executed(victim: Victim, sender: str) -> None:
    attack_checks.check_attacks_change_nothing(victim, sender)


def test_a_valid_signature_counts_only_under_the_ports_own_names(victim: Victim) -> None:
    attack_checks.check_signature_is_not_enough(victim)


def test_a_page_can_use_what_the_application_opens_to_it(victim: Victim) -> None:
    attack_checks.check_pages_reach_the_application(victim)


def test_the_instance_address_reveals_no_key(victim: Victim) -> None:
    attack_checks.check_no_secret_is_revealed(victim)


def test_a_websocket_reaches_a_deployed_api_and_nothing_else(aws: Aws) -> None:
    sockets = socket_api(aws)
    address = sockets.endpoint.replace("http", "ws", 1)
    with connect(address, origin=Origin(EVIL)) as connection:
        assert connection.response
    base = address.removesuffix(f"/_aws/execute-api/{sockets.id}/v1")
    name = f"{sockets.id}.execute-api.localhost:{urlsplit(aws.url).port}"
    for other, host in (
        (f"{address}/@connections/x", None),
        (f"{base}/_aws/execute-api/{sockets.id}//@connections/x", None),
        (f"{base}/", None),
        (f"{base}/mqtt", "x.iot.eu-west-1.localhost"),
        (f"{base}/event", "x.appsync-realtime-api.eu-west-1.localhost"),
        (address, "evil.example"),
    ):
        with pytest.raises(InvalidStatus) as refused:
            _open(other, host)
        assert refused.value.response.status_code == 403, (other, host)
    with _open(f"{base}/v1", name) as connection:
        assert connection.response


def _open(address: str, host: str | None) -> ClientConnection:
    """Open a WebSocket, with another Host header if one is given."""
    if host is None:
        return connect(address)
    parts = urlsplit(address)
    where = socket.create_connection((str(parts.hostname), parts.port or 80))
    return connect(address.replace(parts.netloc, host, 1), sock=where)


def test_http_2_follows_the_same_rule(victim: Victim) -> None:
    assert _status_over_http_2(victim.aws.url, "evil.example", "/_local/instance") == 403
    assert _status_over_http_2(victim.aws.url, urlsplit(victim.aws.url).netloc, "/_ministack/reset") == 403
    assert _status_over_http_2(victim.aws.url, urlsplit(victim.aws.url).netloc, "/_local/instance") == 200


def _status_over_http_2(url: str, authority: str, path: str) -> int:
    """Send a request over HTTP/2 with prior knowledge (RFC 9113, section 3.3)."""
    address = urlsplit(url)
    caller = H2Connection()
    caller.initiate_connection()
    pseudo = {":method": "GET", ":scheme": "http", ":authority": authority, ":path": path}
    caller.send_headers(1, list(pseudo.items()), end_stream=True)
    with socket.create_connection((str(address.hostname), address.port or 80), timeout=20) as connection:
        connection.sendall(caller.data_to_send())
        while True:
            for event in caller.receive_data(connection.recv(65536)):
                if isinstance(event, ResponseReceived):
                    return int(dict(event.headers)[b":status"])
            connection.sendall(caller.data_to_send())


def test_a_functions_credentials_cannot_be_guessed(aws: Aws) -> None:
    code = "import os\ndef handler(event, context):\n    return {n: v for n, v in os.environ.items() if 'AWS' in n}"
    # As saved state of an older version may have it: as on AWS, keys in a function's own configuration are never used.
    role = aws.role({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})
    function = aws.function(code, role=role)
    seen = aws.invoke(function)
    guessed = hashlib.sha256(f"{function}:{role}".encode()).hexdigest()
    assert seen["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert hashlib.sha256(f"secret:{guessed}".encode()).hexdigest() != seen["AWS_SECRET_ACCESS_KEY"]
    assert not {aws.key.id, aws.key.secret, "test"} & set(seen.values())


def test_keys_in_a_kept_functions_configuration_are_not_used(aws: Aws) -> None:
    code = "import boto3\ndef handler(event, context):\n    return len(boto3.client('s3').list_buckets()['Buckets'])"
    role = aws.role({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})
    stale = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "old"}
    function = aws.function(code, role=role, Environment={"Variables": stale})
    assert isinstance(aws.invoke(function), int)
    aws.restart()
    assert isinstance(aws.invoke(function), int)


def test_only_issued_keys_are_accepted(aws: Aws) -> None:
    user = aws.name()
    aws("iam").create_user(UserName=user)
    made = aws("iam").create_access_key(UserName=user)["AccessKey"]

    def caller(key_id: str, secret: str) -> str:
        sts = boto3.client(
            "sts",
            endpoint_url=aws.url,
            region_name=REGION,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            config=Config(retries={"total_max_attempts": 1}),
        )
        return str(sts.get_caller_identity()["Arn"])

    assert caller(aws.key.id, aws.key.secret).endswith(":root")
    assert caller(made["AccessKeyId"], made["SecretAccessKey"]).endswith(f":user/{user}")
    for key_id, secret in (
        ("test", "test"),
        ("test", aws.key.secret),
        ("000000000000", aws.key.secret),
        ("123456789012", "test"),
        (aws.key.id, "test"),
        (made["AccessKeyId"], "test"),
    ):
        with pytest.raises(ClientError, match=r"InvalidClientTokenId|SignatureDoesNotMatch"):
            caller(key_id, secret)
    aws("iam").update_access_key(UserName=user, AccessKeyId=made["AccessKeyId"], Status="Inactive")
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        caller(made["AccessKeyId"], made["SecretAccessKey"])
