"""Security checks for every engine; each engine's tests call them with resources that an attack could harm."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.localcloud.attacks import EVIL, SENDERS, Sent, Victim, attacks, creation, form, send
from tests.localcloud.aws import REGION

REFUSED = range(400, 500)


def check_attacks_change_nothing(victim: Victim, sender: str) -> None:
    """Send every attack; none is executed, and no page may read a response."""
    before = victim.state()
    for name, sent in attacks(victim).items():
        reply = send(victim.aws.url, Sent(sent.method, sent.target, {**SENDERS[sender], **sent.headers}, sent.body))
        assert reply.status in REFUSED, (name, reply)
        assert "access-control-allow-origin" not in reply.headers, (name, reply)
        assert b"by an attacker" not in reply.body, (name, reply)
    assert victim.state() == before


def signed(victim: Victim, sent: Sent, host: str) -> Sent:
    """Sign a request for a host with the checkout's own key."""
    made = AWSRequest(sent.method, f"http://{host}{sent.target}", headers=dict(sent.headers), data=sent.body)
    made.headers["Host"] = host
    SigV4Auth(Credentials(victim.aws.key.id, victim.aws.key.secret), "lambda", REGION).add_auth(made)
    return Sent(sent.method, sent.target, dict(made.headers), sent.body)


def check_signature_is_not_enough(victim: Victim) -> None:
    """A request with a valid signature is executed only under the port's own host names, and not for a page."""
    port = urlsplit(victim.aws.url).port
    create = Sent("POST", "/2015-03-31/functions", {}, creation("signed-by-the-owner"))
    before = victim.state()
    for host in ("evil.example", f"evil.example:{port}", f"127.0.0.1.evil.example:{port}", f"127.0.0.1:{port}0"):
        assert send(victim.aws.url, signed(victim, create, host)).status == 403, host
    own = f"127.0.0.1:{port}"
    good = signed(victim, create, own)
    for headers in list(SENDERS.values())[:-1]:
        marked = Sent(good.method, good.target, {**good.headers, **headers}, good.body)
        assert send(victim.aws.url, marked).status == 403, headers
    assert send(victim.aws.url, Sent("POST", create.target, good.headers, b"{}" + create.body)).status == 403
    assert victim.state() == before
    # The same request from the owner's shell is executed, so the refusals above are not due to the request itself.
    assert send(victim.aws.url, good).status in (201, 400)
    assert send(victim.aws.url, good, hosts=(own, own)).status in REFUSED
    assert send(victim.aws.url, good, hosts=()).status in REFUSED
    assert send(victim.aws.url, good, hosts=("evil.example", own)).status in REFUSED


def check_pages_reach_the_application(victim: Victim) -> None:
    """A page of another site can call the deployed API and use what was signed for it; CORS is the application's."""
    url, headers = victim.aws.url, SENDERS["another-site"]
    for target in (
        f"/_aws/execute-api/{victim.api}/prod/x",
        f"/restapis/{victim.api}/prod/_user_request_/x",
    ):
        reply = send(url, Sent("POST", target, headers, b"{}"))
        assert (reply.status, json.loads(reply.body)["path"]) == (200, "/x"), reply
        assert "access-control-allow-origin" not in reply.headers  # this API declares none
    s3 = victim.signing_s3
    rule = {"AllowedOrigins": [EVIL], "AllowedMethods": ["GET", "PUT", "POST"], "AllowedHeaders": ["*"]}
    s3.put_bucket_cors(Bucket=victim.bucket, CORSConfiguration={"CORSRules": [rule]})
    where = {"Bucket": victim.bucket, "Key": "from a page"}
    put, get = (urlsplit(s3.generate_presigned_url(name, Params=where)) for name in ("put_object", "get_object"))
    preflight = {**headers, "Access-Control-Request-Method": "PUT"}
    multipart = {**headers, "Content-Type": "multipart/form-data; boundary=edge"}
    fields = s3.generate_presigned_post(victim.bucket, "by form")["fields"]
    for sent in (
        Sent("OPTIONS", f"{put.path}?{put.query}", preflight),
        Sent("PUT", f"{put.path}?{put.query}", headers, b"hello"),
        Sent("GET", f"{get.path}?{get.query}", headers),
        Sent("POST", f"/{victim.bucket}", multipart, form(fields)),
    ):
        reply = send(url, sent)
        assert reply.status in (200, 204), (sent, reply)
        assert reply.headers["access-control-allow-origin"] == EVIL, (sent, reply)
    for sender in ("another-port", "no-origin"):
        for method, request_method in (("GET", ""), ("OPTIONS", "GET")):
            asked = {"Access-Control-Request-Method": request_method} if request_method else {}
            reply = send(url, Sent(method, f"{get.path}?{get.query}", {**SENDERS[sender], **asked}))
            assert "access-control-allow-origin" not in reply.headers
    assert s3.get_object(**where)["Body"].read() == b"hello"
    assert s3.get_object(Bucket=victim.bucket, Key="by form")["Body"].read() == b"by an attacker"


def check_no_secret_is_revealed(victim: Victim) -> None:
    """The one address that every program but no page may read reveals nothing to sign with."""
    reply = send(victim.aws.url, Sent("GET", "/_local/instance"))
    assert reply.status == 200
    assert not {victim.aws.key.id.encode(), victim.aws.key.secret.encode()} & set(reply.body.split(b'"'))
    for sender in list(SENDERS)[:-1]:
        assert send(victim.aws.url, Sent("GET", "/_local/instance", SENDERS[sender])).status == 403


every_sender = pytest.mark.parametrize("sender", SENDERS)
