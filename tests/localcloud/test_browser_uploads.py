"""What a page of another origin can do with a private bucket: upload with a signed form, download with a signed URL.

MiniStack does all of this without patches; the application depends on it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.localcloud.aws import REGION, Answer, Aws, request
from tools.access.listing import everything

_PAGE = "http://localhost:8000"
_FIELDS = {"Content-Type": "image/png", "x-amz-meta-owner": "u-1", "success_action_status": "201"}
_KEY = "uploads/a b.png"

_SIGNER = """
import boto3
from botocore.config import Config
def handler(event, context):
    s3 = boto3.client("s3", config=Config(signature_version="s3v4"))
    where, fields = {"Bucket": event["bucket"], "Key": event["key"]}, event["fields"]
    conditions = [{name: value} for name, value in fields.items()] + [["content-length-range", 0, 100]]
    return {
        "get": s3.generate_presigned_url("get_object", Params=where, ExpiresIn=event["expires"]),
        "post": s3.generate_presigned_post(**where, Fields=fields, Conditions=conditions, ExpiresIn=event["expires"]),
    }
"""


class _Bucket:
    """A private bucket, and two functions that sign for it: one may read and write, the other may not."""

    def __init__(self, aws: Aws) -> None:
        self.aws, self.name = aws, f"page-{aws.name()}"
        s3 = aws("s3")
        s3.create_bucket(Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": "Enabled"})
        rule = {"AllowedOrigins": [_PAGE], "AllowedMethods": ["GET", "POST"], "AllowedHeaders": ["*"]}
        s3.put_bucket_cors(Bucket=self.name, CORSConfiguration={"CORSRules": [rule]})
        s3.put_object(Bucket=self.name, Key=_KEY, Body=b"kept")
        objects = {"Effect": "Allow", "Resource": f"arn:aws:s3:::{self.name}/*"}
        self._may = aws.function(_SIGNER, role=aws.role({**objects, "Action": ["s3:GetObject", "s3:PutObject"]}))
        self._may_not = aws.function(_SIGNER, role=aws.role())

    def signed(self, *, key: str = _KEY, expires: int = 60, allowed: bool = True) -> Any:
        event = {"bucket": self.name, "key": key, "fields": _FIELDS, "expires": expires}
        return self.aws.invoke(self._may if allowed else self._may_not, event)

    def get(self, url: str, **headers: str) -> Answer:
        parts = urlsplit(url)
        return request(self.aws.url, "GET", f"{parts.path}?{parts.query}", headers=headers)

    def post(self, form: Any, *, data: bytes = b"data", **changed: str | None) -> Answer:
        fields = {name: value for name, value in {**form["fields"], **changed}.items() if value is not None}
        parts = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
        parts.append(b'name="file"; filename="x"\r\n\r\n' + data)
        body = (
            b"".join(b"--edge\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--edge--\r\n"
        )
        headers = {"Content-Type": "multipart/form-data; boundary=edge", "Origin": _PAGE}
        return request(self.aws.url, "POST", urlsplit(form["url"]).path, body, headers)


@pytest.fixture(scope="module")
def bucket(aws: Aws) -> _Bucket:
    return _Bucket(aws)


@pytest.mark.parametrize(
    ("origin", "method", "allowed"),
    [(_PAGE, "POST", True), (_PAGE, "GET", True), (_PAGE, "DELETE", False), ("http://elsewhere", "POST", False)],
)
def test_a_preflight_is_answered_by_the_buckets_rules(
    bucket: _Bucket, origin: str, method: str, *, allowed: bool
) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": method}
    answer = request(bucket.aws.url, "OPTIONS", f"/{bucket.name}", headers=headers)
    assert answer.status == (200 if allowed else 403)
    assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)


def test_a_form_uploads_with_its_metadata(bucket: _Bucket) -> None:
    answer = bucket.post(bucket.signed(key="uploads/new")["post"])
    assert answer.status == 201
    assert answer.headers["access-control-allow-origin"] == _PAGE
    assert b"<Key>uploads/new</Key>" in answer.body
    head = bucket.aws("s3").head_object(Bucket=bucket.name, Key="uploads/new")
    assert (head["ContentType"], head["Metadata"]) == ("image/png", {"owner": "u-1"})


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"data": b"x" * 101}, 400, "EntityTooLarge"),
        ({"Content-Type": "text/html"}, 403, "AccessDenied"),
        ({"key": "uploads/other"}, 403, "AccessDenied"),
        ({"x-amz-meta-owner": "u-2"}, 403, "AccessDenied"),
        ({"x-amz-meta-owner": None}, 403, "AccessDenied"),
        ({"x-amz-meta-more": "x"}, 403, "AccessDenied"),
        ({"x-amz-signature": "0" * 64}, 403, "SignatureDoesNotMatch"),
        ({"x-amz-security-token": None}, 400, "InvalidToken"),
    ],
    ids=str,
)
def test_a_form_must_match_its_policy(bucket: _Bucket, changed: Any, status: int, code: str) -> None:
    answer = bucket.post(bucket.signed()["post"], **changed)
    assert (answer.status, f"<Code>{code}</Code>" in answer.body.decode()) == (status, True)


def test_a_private_object_is_read_only_with_its_signed_url(bucket: _Bucket) -> None:
    url = bucket.signed()["get"]
    answer = bucket.get(url, Origin=_PAGE)
    assert (answer.status, answer.body) == (200, b"kept")
    assert answer.headers["access-control-allow-origin"] == _PAGE
    assert "access-control-allow-origin" not in bucket.get(url, Origin="http://elsewhere").headers
    assert request(bucket.aws.url, "GET", urlsplit(url).path.replace(" ", "%20")).status == 403
    assert b"SignatureDoesNotMatch" in bucket.get(url.replace("X-Amz-Expires=60", "X-Amz-Expires=61")).body
    assert b"SignatureDoesNotMatch" in bucket.get(url.replace("uploads/", "uploads/x")).body


def test_signed_urls_and_forms_expire(bucket: _Bucket) -> None:
    signed = bucket.signed(expires=1)
    time.sleep(2.1)
    for answer in (bucket.get(signed["get"]), bucket.post(signed["post"])):
        assert (answer.status, b"<Code>AccessDenied</Code>" in answer.body) == (403, True)


def test_a_signature_grants_no_more_than_its_signers_rights(bucket: _Bucket) -> None:
    signed = bucket.signed(allowed=False)
    assert [bucket.get(signed["get"]).status, bucket.post(signed["post"]).status] == [403, 403]


@pytest.fixture
def notified(bucket: _Bucket) -> Iterator[str]:
    """Notify an alias of uploads below a prefix; the value is the log group of its function."""
    aws, s3 = bucket.aws, bucket.aws("s3")
    function = aws.function("import json\ndef handler(event, context):\n    print(json.dumps(event))")
    aws("lambda").publish_version(FunctionName=function)
    alias = aws("lambda").create_alias(FunctionName=function, Name="live", FunctionVersion="1")["AliasArn"]
    uploads = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "uploads/"}]}}
    target = {"Id": "images", "LambdaFunctionArn": alias, "Events": ["s3:ObjectCreated:*"], "Filter": uploads}
    configuration = {"LambdaFunctionConfigurations": [target]}
    s3.put_bucket_notification_configuration(Bucket=bucket.name, NotificationConfiguration=configuration)
    yield "/aws/lambda/" + function.rpartition(":")[2]
    s3.put_bucket_notification_configuration(Bucket=bucket.name, NotificationConfiguration={})


def test_every_way_to_upload_is_notified(bucket: _Bucket, notified: str) -> None:
    s3 = bucket.aws("s3")
    assert bucket.post(bucket.signed()["post"], data=b"").status == 201
    s3.put_object(Bucket=bucket.name, Key="uploads/put", Body=b"xy")
    s3.put_object(Bucket=bucket.name, Key="elsewhere/put", Body=b"xy")
    upload = {"Bucket": bucket.name, "Key": "uploads/parts"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    part = s3.upload_part(**upload, PartNumber=1, Body=b"xyz")["ETag"]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part}]})
    records = _records(bucket.aws, notified, 3)
    assert {
        (record["eventName"], record["s3"]["object"]["key"], record["s3"]["object"]["size"]) for record in records
    } == {
        ("ObjectCreated:Post", "uploads/a+b.png", 0),
        ("ObjectCreated:Put", "uploads/put", 2),
        ("ObjectCreated:CompleteMultipartUpload", "uploads/parts", 3),
    }
    first = next(record for record in records if record["eventName"] == "ObjectCreated:Post")
    head = s3.head_object(Bucket=bucket.name, Key=_KEY)
    assert first["s3"]["object"]["versionId"] == head["VersionId"]
    assert first["s3"]["object"]["eTag"] == head["ETag"].strip('"')
    assert first["s3"]["bucket"]["arn"] == f"arn:aws:s3:::{bucket.name}"
    assert first["s3"]["configurationId"] == "images"
    assert (first["eventSource"], first["awsRegion"]) == ("aws:s3", REGION)
    assert first["requestParameters"]["sourceIPAddress"] == "127.0.0.1"
    sequencers = [record["s3"]["object"]["sequencer"] for record in records]
    assert len(set(sequencers)) == 3


def _records(aws: Aws, group: str, number: int) -> list[Any]:
    """Return the records in a function's log once there are this many."""
    found: list[Any] = []
    end = time.monotonic() + 10
    while len(found) < number and time.monotonic() < end:
        groups = everything(aws("logs"), "describe_log_groups", logGroupNamePrefix=group)
        pattern = '"eventSource"'
        events = (
            everything(aws("logs"), "filter_log_events", logGroupName=group, filterPattern=pattern) if groups else []
        )
        found = [record for event in events for record in json.loads(event["message"])["Records"]]
        time.sleep(0.05)
    return found
