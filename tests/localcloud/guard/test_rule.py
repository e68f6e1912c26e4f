"""The rule on its own: host names, origins, and where a request goes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.guard import rule
from localcloud.guard.request import Refused, Request
from localcloud.guard.rule import Requirement

PORT = 4566
OWN = "127.0.0.1:4566"
API_HOST = re.compile(r"[a-f0-9]{8}\.execute-api\.localhost")
EVIL = {"origin": "http://evil.example", "sec-fetch-site": "cross-site"}


class _Buckets:
    """One bucket, recognized by its path."""

    def target(self, request: Request) -> tuple[str, str] | None:
        bucket, _, key = request.decoded[1:].partition("/")
        return (bucket, key) if bucket == "bucket" else None


def requirement(method: str, target: str, headers: dict[str, str] | None = None, host: str = OWN) -> Requirement:
    pairs = {"host": host, **(headers or {})}
    request = Request.of(method, target, [(name.encode(), value.encode()) for name, value in pairs.items()])
    return rule.requirement(request, PORT, _Buckets(), API_HOST)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:4566",
        "localhost:4566",
        "LOCALHOST:4566",
        "[::1]:4566",
        "127.0.0.1",
        "bucket.s3.localhost:4566",
        "0a1b2c3d.execute-api.localhost:4566",
    ],
)
def test_its_own_names_are_accepted(host: str) -> None:
    assert requirement("GET", "/", host=host) in (Requirement.SIGNED, Requirement.OPEN)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:4566",
        "127.0.0.1:80",
        "127.0.0.1:",
        "127.0.0.1:4566.evil.example",
        "localhost.evil.example",
        "localhost.",
        "evillocalhost",
        "127.0.0.1.nip.io:4566",
        "user@127.0.0.1:4566",
        "127.0.0.1, evil.example",
        "0.0.0.0:4566",
        "127.1:4566",
        "[::ffff:127.0.0.1]:4566",
        "lambda.eu-west-1.amazonaws.com",
        "\u217cocalhost",
        "127.0.0.1:4566\n",
    ],
)
def test_every_other_name_is_refused(host: str) -> None:
    with pytest.raises(Refused, match="only to its own names") as refused:
        requirement("GET", "/_aws/execute-api/abc/prod/x", host=host)
    assert refused.value.status == 403
    assert "evil" not in refused.value.problem


@given(st.text(st.characters(codec="latin-1", exclude_characters="\n\r\0"), max_size=40))
def test_only_loopback_names_are_accepted(host: str) -> None:
    try:
        requirement("GET", "/_aws/execute-api/abc/prod/x", host=host)
    except Refused:
        return
    assert re.fullmatch(r"(?i)(127\.0\.0\.1|\[::1\]|([a-z0-9_-]+\.)*localhost)(:4566)?", host)


@pytest.mark.parametrize("names", [[], [OWN, OWN], ["evil.example", OWN]])
def test_a_request_has_one_host_header(names: list[str]) -> None:
    request = Request.of("GET", "/", [(b"Host", name.encode()) for name in names])
    with pytest.raises(Refused):
        rule.requirement(request, PORT, _Buckets())


@pytest.mark.parametrize(
    "headers",
    [
        EVIL,
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8000"},
        {"origin": "https://127.0.0.1:4566"},
        {"origin": "http://localhost:4566"},
        {"origin": ""},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "anything"},
        {"origin": f"http://{OWN}", "sec-fetch-site": "cross-site"},
    ],
)
@pytest.mark.parametrize(
    "target", ["/", "/_local/instance", "/_ministack/reset", "/2015-03-31/functions", "/bucket/key"]
)
def test_another_site_is_refused(headers: dict[str, str], target: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE", "HEAD"):
        with pytest.raises(Refused, match="another site"):
            requirement(method, target, headers)


@pytest.mark.parametrize(
    "headers", [{}, {"sec-fetch-site": "none"}, {"origin": f"http://{OWN}", "sec-fetch-site": "same-origin"}]
)
def test_all_others_need_a_signature(headers: dict[str, str]) -> None:
    assert requirement("POST", "/2015-03-31/functions", headers) is Requirement.SIGNED
    assert requirement("GET", "/_local/instance", headers) is Requirement.OPEN
    assert requirement("POST", "/_local/instance", headers) is Requirement.SIGNED
    assert requirement("GET", "/_local/instance/", headers) is Requirement.SIGNED


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("/_aws/execute-api/abc123/prod/items", OWN),
        ("/_aws/execute-api/abc123/prod", "localhost:4566"),
        ("/restapis/abc123/prod/_user_request_/items?x=1", OWN),
        ("/restapis/abc123/prod/_user_request_", OWN),
        ("/prod/items", "0a1b2c3d.execute-api.localhost:4566"),
    ],
)
def test_a_deployed_api_needs_no_signature(target: str, host: str) -> None:
    for method in ("GET", "POST", "OPTIONS", "DELETE"):
        assert requirement(method, target, EVIL, host) is Requirement.OPEN


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("/_aws/execute-api/abc123", OWN),
        ("/_aws/execute-api//prod/x", OWN),
        ("//_aws/execute-api/abc123/prod/x", OWN),
        ("/_aws/execute-api/abc123/prod/../x", OWN),
        ("/_aws/execute-api/abc123/prod/%2e%2e/x", OWN),
        ("/_aws/execute-api/abc123/prod/./x", OWN),
        ("/_aws/execute-api/abc123/prod/@connections/x", OWN),
        ("/_aws/execute-api/abc123//@connections/x", OWN),
        ("/_aws/execute-api/abc123/prod/%40connections/x", OWN),
        ("/_aws/execute-api/abc123/prod/x", "bucket.localhost:4566"),
        ("/_aws/lambda-url/abc/x", OWN),
        ("/restapis/abc123/stages/prod", OWN),
        ("/restapis", OWN),
        ("/restapis/abc123/prod/_user_request_x", OWN),
        ("/prod/@connections/x", "0a1b2c3d.execute-api.localhost:4566"),
        ("/prod/x", "0a1b2c3d.execute-api.eu-west-1.localhost:4566"),
    ],
)
def test_what_only_resembles_a_deployed_api_needs_a_signature(target: str, host: str) -> None:
    with pytest.raises(Refused):
        requirement("POST", target, EVIL, host)
    assert requirement("POST", target, host=host) is Requirement.SIGNED


@pytest.mark.parametrize("target", ["http://127.0.0.1:4566/_local/instance", "*", "", "_local/instance"])
def test_a_target_must_be_a_path(target: str) -> None:
    with pytest.raises(Refused, match="must be a path"):
        requirement("GET", target)


FORM = {**EVIL, "content-type": "multipart/form-data; boundary=x"}
SIGNED = "X-Amz-Signature=s&X-Amz-Credential=c"


@pytest.mark.parametrize(
    ("method", "target", "headers", "expected"),
    [
        ("GET", f"/bucket/key?{SIGNED}", EVIL, Requirement.PRESIGNED),
        ("PUT", f"/bucket/key?{SIGNED}", EVIL, Requirement.PRESIGNED),
        ("POST", "/bucket", FORM, Requirement.FORM),
        ("POST", "/bucket/", FORM, Requirement.FORM),
        ("OPTIONS", "/bucket", {**EVIL, "access-control-request-method": "POST"}, Requirement.PREFLIGHT),
        ("OPTIONS", f"/bucket/key?{SIGNED}", {**EVIL, "access-control-request-method": "PUT"}, Requirement.PREFLIGHT),
    ],
)
def test_what_an_application_opens_on_s3(
    method: str, target: str, headers: dict[str, str], expected: Requirement
) -> None:
    assert requirement(method, target, headers) is expected
    for extra in ({"authorization": "x"}, {"x-amz-target": "Lambda.x"}):
        with pytest.raises(Refused):
            requirement(method, target, {**headers, **extra})
    with pytest.raises(Refused):
        requirement(method, target.replace("/bucket", "/2015-03-31"), headers)


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("/bucket/key", FORM),
        ("/bucket?delete", FORM),
        ("/bucket", {**FORM, "x-amz-copy-source": "/other/key"}),
        ("/bucket", {**EVIL, "content-type": "application/x-www-form-urlencoded"}),
        ("/bucket?X-Amz-Credential=c", EVIL),
        (f"/bucket/key?{SIGNED}&X-Amz-Signature=t", EVIL),
    ],
)
def test_other_requests_to_s3_need_a_signature(target: str, headers: dict[str, str]) -> None:
    with pytest.raises(Refused):
        requirement("POST", target, headers)


def test_a_websocket_goes_to_a_deployed_api() -> None:
    def handshake(target: str, host: str = OWN) -> None:
        rule.handshake(Request.of("GET", target, [(b"host", host.encode())]), PORT, API_HOST)

    handshake("/_aws/execute-api/abc123/prod?token=t")
    for target, host in (
        ("/", OWN),
        ("/_aws/execute-api/abc123/prod/@connections/x", OWN),
        ("/_aws/execute-api/a/b", "evil"),
    ):
        with pytest.raises(Refused):
            handshake(target, host)
