"""Signatures made by the AWS SDK and verified by our code."""

from __future__ import annotations

import hashlib
import time
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as Keys

from localcloud.guard import signatures
from localcloud.guard.request import Refused, Request
from localcloud.guard.signatures import Credential

HOST = "127.0.0.1:4566"
KEYS = Keys("AKIAEXAMPLE", "secret")
SESSION = Keys("ASIAEXAMPLE", "of the session", "the token")
KNOWN = {KEYS.access_key: Credential("secret"), SESSION.access_key: Credential("of the session", "the token")}


def check(request: Request, body: bytes = b"", now_s: float | None = None) -> None:
    signature = signatures.read(request)
    payload = hashlib.sha256(body).hexdigest() if signatures.signs_body(request, signature) else None
    signatures.check(request, signature, lambda key_id, _: KNOWN.get(key_id), payload, now_s)


def request(made: AWSRequest) -> Request:
    parts = urlsplit(made.url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    headers = {"Host": HOST, **{name: str(value) for name, value in made.headers.items()}}
    return Request.of(made.method, target, [(name.encode(), value.encode()) for name, value in headers.items()])


def header_signed(method: str, target: str, body: bytes = b"", keys: Keys = KEYS, service: str = "lambda") -> Request:
    made = AWSRequest(method, f"http://{HOST}{target}", headers={"X-Amz-Target": "t"}, data=body)
    SigV4Auth(keys, service, "eu-west-1").add_auth(made)
    return request(made)


def sdk(service: str, **config: object) -> tuple[object, list[tuple[Request, bytes]]]:
    """Return a client of the SDK, and the requests that it would send."""
    sent: list[tuple[Request, bytes]] = []
    client = boto3.client(
        service,
        endpoint_url=f"http://{HOST}",
        region_name="eu-west-1",
        aws_access_key_id=SESSION.access_key,
        aws_secret_access_key=SESSION.secret_key,
        aws_session_token=SESSION.token,
        config=Config(**config),
    )

    def keep(request: object, **_: object) -> object:
        from botocore.awsrequest import AWSResponse

        prepared = request
        parts = urlsplit(prepared.url)  # type: ignore[attr-defined]
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = {"Host": HOST, **dict(prepared.headers.items())}  # type: ignore[attr-defined]
        pairs = [(n.encode(), v if isinstance(v, bytes) else str(v).encode()) for n, v in headers.items()]
        body = prepared.body or b""  # type: ignore[attr-defined]
        content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else body.read()
        sent.append((Request.of(prepared.method, target, pairs), content))  # type: ignore[attr-defined]
        return AWSResponse(prepared.url, 500, {}, _Nothing())  # type: ignore[attr-defined]

    client.meta.events.register("before-send.*.*", keep)
    return client, sent


class _Nothing:
    def stream(self, **_: object) -> list[bytes]:
        return []


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("s3", "put_object", {"Bucket": "b", "Key": "a b+c=d@é/ü(1)~*'.txt", "Body": b"x", "Metadata": {"n": "a  b"}}),
        ("s3", "list_objects_v2", {"Bucket": "b", "Prefix": "a b+c/é", "Delimiter": "/"}),
        ("s3", "get_object", {"Bucket": "b", "Key": "a//b/../c"}),
        ("s3", "delete_objects", {"Bucket": "b", "Delete": {"Objects": [{"Key": "k"}]}}),
        ("lambda", "get_function", {"FunctionName": "arn:aws:lambda:eu-west-1:000000000000:function:f:live"}),
        ("lambda", "invoke", {"FunctionName": "f", "Payload": "{}", "Qualifier": "live"}),
        ("apigateway", "get_tags", {"resourceArn": "arn:aws:apigateway:eu-west-1::/restapis/x/stages/prod"}),
        ("sqs", "send_message", {"QueueUrl": f"http://{HOST}/0/q", "MessageBody": "é"}),
        ("iam", "create_user", {"UserName": "a+b"}),
        ("dynamodb", "list_tables", {}),
        ("sts", "get_caller_identity", {}),
    ],
)
def test_requests_signed_by_the_sdk_are_accepted(service: str, operation: str, parameters: dict[str, object]) -> None:
    client, sent = sdk(service, retries={"total_max_attempts": 1})
    with pytest.raises(Exception, match="500"):
        getattr(client, operation)(**parameters)
    ((made, body),) = sent
    check(made, body)
    with pytest.raises(Refused):
        check(Request("PATCH", made.path, made.query, made.headers), body)


@pytest.mark.parametrize(
    ("operation", "key"), [("get_object", "a b+c=d@é.png"), ("put_object", "plain"), ("head_object", "a//b")]
)
def test_urls_presigned_by_the_sdk_are_accepted(operation: str, key: str) -> None:
    client, _ = sdk("s3", signature_version="s3v4")
    url = client.generate_presigned_url(operation, Params={"Bucket": "b", "Key": key}, ExpiresIn=60)  # type: ignore[attr-defined]
    method = {"get_object": "GET", "put_object": "PUT", "head_object": "HEAD"}[operation]
    made = request(AWSRequest(method, url))
    check(made, b"whatever is uploaded")
    with pytest.raises(Refused, match="Request has expired"):
        check(made, now_s=time.time() + 62)
    with pytest.raises(Refused):
        check(Request("DELETE", made.path, made.query, made.headers))
    with pytest.raises(Refused, match="does not match"):
        check(Request(made.method, f"{made.path}x", made.query, made.headers))
    with pytest.raises(Refused, match="does not match"):
        check(
            Request(made.method, made.path, made.query.replace("X-Amz-Expires=60", "X-Amz-Expires=600"), made.headers)
        )
    with pytest.raises(Refused, match="not signed"):
        check(Request(made.method, made.path, made.query, (*made.headers, ("x-amz-acl", "public-read"))))


def test_a_query_signed_for_another_service_is_refused() -> None:
    made = AWSRequest("GET", f"http://{HOST}/?Action=GetCallerIdentity")
    SigV4QueryAuth(KEYS, "sts", "eu-west-1", expires=60).add_auth(made)
    check(request(made))


def test_a_body_that_was_not_signed_is_refused() -> None:
    made = header_signed("POST", "/x", b"signed")
    check(made, b"signed")
    with pytest.raises(Refused, match="does not match"):
        check(made, b"another")


def test_a_body_with_another_hash_than_declared_is_refused() -> None:
    client, sent = sdk("s3", retries={"total_max_attempts": 1})
    with pytest.raises(Exception, match="500"):
        client.put_object(Bucket="b", Key="k", Body=b"x")  # type: ignore[attr-defined]
    ((made, _),) = sent
    with pytest.raises(Refused, match="does not match"):
        check(made, b"y")


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        (Keys("test", "test"), "InvalidClientTokenId"),
        (Keys("000000000000", "test"), "InvalidClientTokenId"),
        (Keys(KEYS.access_key, "another"), "SignatureDoesNotMatch"),
        (Keys(KEYS.access_key, KEYS.secret_key, "a token"), "InvalidToken"),
        (Keys(SESSION.access_key, SESSION.secret_key), "InvalidToken"),
        (Keys(SESSION.access_key, SESSION.secret_key, "another"), "InvalidToken"),
    ],
)
def test_keys_that_are_refused(keys: Keys, code: str) -> None:
    with pytest.raises(Refused) as refused:
        check(header_signed("POST", "/x", keys=keys))
    assert refused.value.code == code


def test_an_unknown_key_gets_the_error_of_s3() -> None:
    with pytest.raises(Refused) as refused:
        check(header_signed("GET", "/b/k", keys=Keys("test", "test"), service="s3"))
    assert refused.value.code == "InvalidAccessKeyId"


@pytest.mark.parametrize("late_s", [-16 * 60, 16 * 60])
def test_a_signature_of_another_time_is_refused(late_s: int) -> None:
    with pytest.raises(Refused, match="too far from the current time"):
        check(header_signed("POST", "/x"), now_s=time.time() + late_s)


def _without(made: Request, name: str) -> Request:
    return Request(made.method, made.path, made.query, tuple(pair for pair in made.headers if pair[0] != name))


def test_a_changed_request_is_refused() -> None:
    made = header_signed("POST", "/x?a=1")
    for name in ("x-amz-target", "x-amz-date", "host"):
        with pytest.raises(Refused):
            check(_without(made, name))
    for change in (("&", "&b=2"), ("a=1", "a=2"), ("a=1", "A=1")):
        with pytest.raises(Refused):
            check(Request(made.method, made.path, f"{made.query}&".replace(*change), made.headers))
    with pytest.raises(Refused, match="not signed"):
        check(Request(made.method, made.path, made.query, (*made.headers, ("x-amz-copy-source", "/b/k"))))
    with pytest.raises(Refused, match="does not match"):
        check(Request(made.method, made.path, made.query, (*made.headers, ("x-amz-target", "another"))))


@pytest.mark.parametrize(
    ("authorization", "query"),
    [
        ("", ""),
        ("Bearer x", ""),
        ("AWS key:signature", ""),
        ("AWS4-ECDSA-P256-SHA256 Credential=k/20260101/lambda/aws4_request, SignedHeaders=host, Signature=s", ""),
        ("AWS4-HMAC-SHA256 ", ""),
        ("AWS4-HMAC-SHA256 Credential=k, SignedHeaders=host, Signature=s", ""),
        ("AWS4-HMAC-SHA256 Credential=k/20260101/r/s/aws4_request, SignedHeaders=host, Signature=", ""),
        ("AWS4-HMAC-SHA256 Credential=k/20260101/r/s/aws4_request, SignedHeaders=host, Signature=ü", ""),
        ("", "AWSAccessKeyId=k&Signature=s&Expires=9999999999"),
        ("", "X-Amz-Credential=k/20260101/r/s3/aws4_request"),
        ("", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=s"),
        ("", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=s&X-Amz-Expires=604801"),
        ("", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=s&X-Amz-Expires=-1"),
        ("AWS4-HMAC-SHA256 x", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=s"),
    ],
)
def test_an_invalid_signature_is_refused(authorization: str, query: str) -> None:
    headers: tuple[tuple[str, str], ...] = (("host", HOST), ("x-amz-date", "20260101T000000Z"))
    if authorization:
        headers = (*headers, ("authorization", authorization))
    with pytest.raises(Refused):
        check(Request("GET", "/", query, headers))
