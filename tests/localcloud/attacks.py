"""Attacks on the port of a local cloud: by pages of other sites, and by programs without the key."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3
from botocore.config import Config

from tests.localcloud.aws import ECHO, REGION, Aws, zipped
from tools.access.listing import everything

EVIL = "http://evil.example"
ZEROS = "0" * 64
_FORM = "multipart/form-data; boundary=edge"
_FORM_URLENCODED = "application/x-www-form-urlencoded"
_SIMPLE = {"Content-Type": "text/plain"}

# How browsers mark requests from another site; the last is an old browser, which does not mark simple requests.
SENDERS: dict[str, dict[str, str]] = {
    "another-site": {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"},
    "no-origin": {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    "another-port": {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-site"},
    "no-cors": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    "old-browser": {},
}


@dataclass(frozen=True)
class Sent:
    """A request of an attacker."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Victim:
    """The resources that an attack could harm."""

    aws: Aws
    bucket: str = ""
    function: str = ""
    queue: str = ""
    api: str = ""

    @classmethod
    def on(cls, aws: Aws) -> Victim:
        """Create a bucket with an object, a function, a queue and an API."""
        made = cls(aws, bucket=f"victim-{aws.name()}")
        aws("s3").create_bucket(Bucket=made.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        aws("s3").put_object(Bucket=made.bucket, Key="key", Body=b"kept")
        made.function = aws.function(ECHO)
        aws("lambda").get_waiter("function_active_v2").wait(FunctionName=made.function)
        made.queue = aws("sqs").create_queue(QueueName=aws.name())["QueueUrl"]
        made.api = aws.api(function=made.function).id
        return made

    @property
    def signing_s3(self) -> Any:
        """A client that signs for S3 as the application does."""
        return boto3.client(
            "s3",
            endpoint_url=self.aws.url,
            region_name=REGION,
            aws_access_key_id=self.aws.key.id,
            aws_secret_access_key=self.aws.key.secret,
            config=Config(signature_version="s3v4"),
        )

    def state(self) -> Any:
        """Return everything that an attack could change."""
        aws = self.aws
        objects = everything(aws("s3"), "list_objects_v2", Bucket=self.bucket)
        return {
            "functions": sorted(one["FunctionName"] for one in everything(aws("lambda"), "list_functions")),
            "buckets": sorted(one["Name"] for one in everything(aws("s3"), "list_buckets")),
            "objects": [(one["Key"], one["ETag"]) for one in objects],
            "queues": sorted(everything(aws("sqs"), "list_queues")),
            "messages": aws("sqs").get_queue_attributes(QueueUrl=self.queue, AttributeNames=["All"])["Attributes"][
                "ApproximateNumberOfMessages"
            ],
            "apis": sorted(one["id"] for one in everything(aws("apigateway"), "get_rest_apis")),
            "users": sorted(one["UserName"] for one in everything(aws("iam"), "list_users")),
        }


def credentials(key_id: str, service: str) -> str:
    """Return a query with a forged signature."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return urlencode(
        {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{key_id}/{moment[:8]}/{REGION}/{service}/aws4_request",
            "X-Amz-Date": moment,
            "X-Amz-Expires": "300",
            "X-Amz-SignedHeaders": "host",
            "X-Amz-Signature": ZEROS,
        }
    )


def creation(name: str) -> bytes:
    """Return the body of a CreateFunction call."""
    import base64

    code = base64.b64encode(zipped({"index.py": ECHO})).decode()
    role = "arn:aws:iam::000000000000:role/any"
    return json.dumps(
        {"FunctionName": name, "Runtime": "python3.13", "Handler": "index.handler", "Role": role}
        | {"Code": {"ZipFile": code}}
    ).encode()


def form(fields: dict[str, str]) -> bytes:
    """Return the body of an upload form."""
    parts = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    parts.append(b'name="file"; filename="x"\r\n\r\nby an attacker')
    return b"".join(b"--edge\r\nContent-Disposition: form-data; " + one + b"\r\n" for one in parts) + b"--edge--\r\n"


def attacks(victim: Victim) -> dict[str, Sent]:
    """Return requests that a page can send, or make a browser send; none may be executed."""
    return dict([*_by_path(victim), *_by_query(victim), *_by_form(victim), *_by_odd_requests(victim), *_by_s3(victim)])


def _by_path(victim: Victim) -> Iterator[tuple[str, Sent]]:
    function = victim.function.rpartition(":")[2]
    for name, target in {
        "create": "/2015-03-31/functions",
        "invoke": f"/2015-03-31/functions/{function}/invocations",
        "reset": "/_ministack/reset",
        "reset-and-run": "/_ministack/reset?init=1",
        "config": "/_ministack/config",
        "signal": "/_ministack/cfn-signal/x",
        "state-reset": "/_localstack/state/reset",
        "health": "/_localstack/health",
        "make-an-api": "/restapis",
        "manage": f"/_aws/execute-api/{victim.api}/prod/@connections/x",
    }.items():
        body = creation("by-an-attacker") if name == "create" else b'{"name": "x", "lambda_svc.LAMBDA_EXECUTOR": "x"}'
        yield name, Sent("POST", target, _SIMPLE, body)
    for name, target in {
        "code": f"/_ministack/lambda-code/{function}",
        "queue-contents": f"/_ministack/sqs/messages?QueueUrl={victim.queue}",
        "queue-contents-of-localstack": f"/_aws/sqs/messages?QueueUrl={victim.queue}",
        "mails": "/_aws/ses",
        "functions": "/2015-03-31/functions/",
    }.items():
        yield name, Sent("GET", target)
    yield "delete", Sent("DELETE", f"/2015-03-31/functions/{function}")
    yield "function-url", Sent("POST", "/_aws/lambda-url/" + "a" * 32 + "/", _SIMPLE)


def _by_query(victim: Victim) -> Iterator[tuple[str, Sent]]:
    for key_id in ("test", "000000000000", victim.aws.key.id, ""):
        query = credentials(key_id, "lambda")
        target = f"/2015-03-31/functions?{query}"
        yield f"create-as-{key_id or 'nobody'}", Sent("POST", target, _SIMPLE, creation("by-an-attacker"))
    as_s3 = credentials("test", "s3")
    yield "create-as-s3", Sent("POST", f"/2015-03-31/functions?{as_s3}", _SIMPLE, creation("by-an-attacker"))
    yield "make-a-queue", Sent("GET", f"/?Action=CreateQueue&QueueName=q&{credentials('test', 'sqs')}")
    yield "old-signature", Sent("GET", f"/{victim.bucket}/key?AWSAccessKeyId=test&Signature=x&Expires=99999999999")
    yield "twice", Sent("GET", f"/{victim.bucket}/key?{credentials('test', 's3')}&X-Amz-Signature={ZEROS}")


def _by_form(victim: Victim) -> Iterator[tuple[str, Sent]]:
    urlencoded = {"Content-Type": _FORM_URLENCODED}
    yield "make-a-user", Sent("POST", "/", urlencoded, b"Action=CreateUser&UserName=u&Version=2010-05-08")
    yield "send", Sent("POST", urlsplit(victim.queue).path, urlencoded, b"Action=SendMessage&MessageBody=x")
    yield "send-by-link", Sent("GET", urlsplit(victim.queue).path + "?Action=SendMessage&MessageBody=x")
    multipart = {"Content-Type": _FORM}
    yield "upload", Sent("POST", f"/{victim.bucket}", multipart, form({"key": "new"}))
    signed = victim.signing_s3.generate_presigned_post(victim.bucket, "new")["fields"]
    for name, changed in {
        "upload-elsewhere": {**signed, "key": "other"},
        "upload-as-test": {**signed, "x-amz-credential": signed["x-amz-credential"].replace(victim.aws.key.id, "test")},
        "upload-unsigned": {**signed, "x-amz-signature": ZEROS},
        "upload-by-policy-alone": {"key": "new", "policy": signed["policy"]},
    }.items():
        yield name, Sent("POST", f"/{victim.bucket}", multipart, form(changed))
    yield "upload-to-a-function", Sent("POST", "/2015-03-31/functions", multipart, form(signed))


def _by_odd_requests(victim: Victim) -> Iterator[tuple[str, Sent]]:
    body, functions = creation("by-an-attacker"), "2015-03-31/functions"
    api = f"/_aws/execute-api/{victim.api}/prod"
    for name, target in {
        "double-slash": f"//{functions}",
        "encoded-slash": "/2015-03-31%2Ffunctions",
        "encoded": f"/%32015-03-31/{functions.partition('/')[2]}",
        "dots": f"{api}/../../../../{functions}",
        "encoded-dots": f"{api}/%2e%2e/%2e%2e/%2e%2e/%2e%2e/{functions}",
        "no-stage": f"/_aws/execute-api/{victim.api}//@connections/x",
        "encoded-manage": f"{api}/%40connections/x",
        "double-slash-manage": f"{api}//@connections/x",
        "control-plane": f"/restapis/{victim.api}/deployments",
        "backslash": f"/\\{functions}",
    }.items():
        yield name, Sent("POST", target, _SIMPLE, body)
    of_services = ("lambda.eu-west-1.amazonaws.com", "lambda.localhost", "sqs.eu-west-1.localhost")
    for host in (*of_services, "localhost.evil.example", "0.0.0.0", "127.1"):
        yield f"as-{host}", Sent("POST", f"/{functions}", {**_SIMPLE, "Host": host}, body)
    yield "whole-address", Sent("POST", f"{victim.aws.url}/{functions}", _SIMPLE, body)
    of_dynamodb = {**_SIMPLE, "X-Amz-Target": "DynamoDB_20120810.ListTables"}
    yield "target", Sent("POST", "/", of_dynamodb, b"{}")
    yield "internal", Sent("POST", f"/{functions}", {**_SIMPLE, "x-localstack-data": "{}"}, body)
    yield "internal-to-the-api", Sent("POST", f"{api}/x", {"x-localstack-data": "{}"}, b"{}")
    yield "preflight", Sent("OPTIONS", f"/{functions}", {"Origin": EVIL, "Access-Control-Request-Method": "POST"})
    yield (
        "preflight-of-a-bucket-that-is-none",
        Sent("OPTIONS", "/no-such-bucket/key", {"Origin": EVIL, "Access-Control-Request-Method": "PUT"}),
    )


def _by_s3(victim: Victim) -> Iterator[tuple[str, Sent]]:
    yield "read", Sent("GET", f"/{victim.bucket}/key")
    yield "list", Sent("GET", f"/{victim.bucket}?list-type=2")
    yield "list-all", Sent("GET", "/")
    yield "overwrite", Sent("PUT", f"/{victim.bucket}/key", _SIMPLE, b"x")
    yield "remove", Sent("DELETE", f"/{victim.bucket}/key")
    yield "make-a-bucket", Sent("PUT", "/by-an-attacker")
    yield "by-name", Sent("GET", "/key", {"Host": f"{victim.bucket}.s3.localhost"})

    def given(method: str, headers: dict[str, str], change: tuple[str, str] = ("?", "?")) -> Sent:
        """Return a request that uses a presigned URL of the application."""
        operation = {"GET": "get_object", "PUT": "put_object"}[method]
        parts = urlsplit(
            victim.signing_s3.generate_presigned_url(operation, Params={"Bucket": victim.bucket, "Key": "new"})
        )
        return Sent(method, f"{parts.path}?{parts.query}".replace(*change), headers)

    yield "copy-of-another", given("PUT", {"x-amz-copy-source": f"/{victim.bucket}/key"})
    yield "another-service", given("PUT", {"X-Amz-Target": "DynamoDB_20120810.ListTables"})
    yield "another-key", given("PUT", {}, ("/new?", "/other?"))
    yield "another-method", Sent("DELETE", given("GET", {}).target)
    yield "longer", given("GET", {}, ("X-Amz-Expires=3600", "X-Amz-Expires=36000"))


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


def send(url: str, sent: Sent, *, hosts: tuple[str, ...] | None = None) -> Reply:
    """Send a request byte for byte, as no client library would."""
    address = urlsplit(url)
    port = address.port or 80
    names = hosts if hosts is not None else (sent.headers.get("Host", f"127.0.0.1:{port}"),)
    headers = [(name, value) for name, value in sent.headers.items() if name != "Host"]
    lines = [f"{sent.method} {sent.target} HTTP/1.1", *(f"Host: {name}" for name in names)]
    lines += [f"{name}: {value}" for name, value in headers]
    lines += [f"Content-Length: {len(sent.body)}", "Connection: close", "", ""]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall("\r\n".join(lines).encode() + sent.body)
        answer = b""
        while part := connection.recv(65536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in rest)
    return Reply(int(first.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}, body)
