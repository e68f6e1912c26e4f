"""The page's server: what it serves, to whom, and what it never gives away."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.toolkit.api import Api
from tests.unit.toolkit.conftest import OUTPUTS
from tools.access.environments import Environment
from tools.access.http import call
from tools.commands import context
from tools.deployment import deploy
from tools.errors import CloudProblem, MachineProblem
from tools.operations.demo import DemoServer, Deployment
from tools.project import find_project

LOCAL = OUTPUTS | {"websocket_url": "ws://127.0.0.1:9/_aws/execute-api/w/prod", "region": "eu-west-1"}
FOLDER = find_project().root / "tools" / "operations" / "demo"


@pytest.fixture
def minted() -> list[str]:
    """Return the tokens that are minted next; an empty list is a local cloud that does not answer."""
    return ["t-1", "t-2"]


@pytest.fixture
def server(minted: list[str]) -> Iterator[DemoServer]:
    """Serve the page of a local deployment."""

    def mint() -> str:
        if not minted:
            raise CloudProblem("local does not answer.", "python -m tools up")
        return minted.pop(0)

    with DemoServer(Deployment("local", LOCAL, "alice", mint, "http://127.0.0.1:9"), 0) as served:
        thread = threading.Thread(target=lambda: served.serve_forever(poll_interval=0.01))
        thread.start()
        yield served
        served.shutdown()
        thread.join()


def test_it_listens_on_the_loopback_alone(server: DemoServer) -> None:
    assert server.server_address[0] == "127.0.0.1"
    assert server.url == f"http://127.0.0.1:{server.server_address[1]}"


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/?x=1", "text/html; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
    ],
)
def test_the_files_of_the_page(server: DemoServer, path: str, content_type: str) -> None:
    answer = call("GET", server.url + path)
    assert (answer.status, answer.headers["content-type"]) == (200, content_type)
    assert answer.body
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/server.py", "/../errors.py", "/%2e%2e/errors.py", "/app.js/"])
def test_nothing_else_is_served(server: DemoServer, path: str) -> None:
    assert call("GET", server.url + path).status == 404


def test_the_page_is_told_where_the_deployment_is_with_a_new_token_each_time(server: DemoServer) -> None:
    first, second = (call("GET", f"{server.url}/config.json") for _ in range(2))
    assert first.json() == {
        "environment": "local",
        "api_url": LOCAL["api_url"],
        "websocket_url": LOCAL["websocket_url"],
        "subject": "alice",
        "token": "t-1",
        "expires_in": 900,
    }
    assert second.json()["token"] == "t-2"
    assert first.headers["cache-control"] == "no-store"


def test_a_token_that_cannot_be_minted_is_a_sentence(server: DemoServer, minted: list[str]) -> None:
    minted.clear()
    answer = call("GET", f"{server.url}/config.json")
    assert answer.status == 503
    assert answer.json() == {"problem": "local does not answer.", "fix": "python -m tools up"}


@pytest.mark.parametrize(
    "hosts", [["evil.example"], ["evil.example:{port}"], ["127.0.0.1"], [], ["127.0.0.1:{port}"] * 2]
)
@pytest.mark.parametrize("path", ["/", "/config.json"])
def test_another_name_that_leads_here_gets_nothing(
    server: DemoServer, minted: list[str], path: str, hosts: list[str]
) -> None:
    port = server.server_address[1]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest("GET", path, skip_host=True)
    for host in hosts:
        connection.putheader("Host", host.format(port=port))
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 421
    assert b"t-1" not in answer.read()
    assert len(minted) == 2
    connection.close()


def test_its_own_names_are_answered(server: DemoServer) -> None:
    port = server.server_address[1]
    for name in ("127.0.0.1", "localhost"):
        assert call("GET", f"http://127.0.0.1:{port}/", headers={"Host": f"{name}:{port}"}).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8000"},
    ],
    ids=str,
)
def test_another_pages_request_gets_no_token(server: DemoServer, minted: list[str], headers: dict[str, str]) -> None:
    answer = call("GET", f"{server.url}/config.json", headers=headers)
    assert answer.status == 403
    assert len(minted) == 2
    assert "access-control-allow-origin" not in answer.headers


def test_a_head_request_has_no_body(server: DemoServer) -> None:
    answer = call("HEAD", f"{server.url}/")
    assert (answer.status, answer.body) == (200, b"")


def _policy(deployment: Deployment) -> dict[str, list[str]]:
    parts = [directive.split() for directive in deployment.content_security_policy().split("; ")]
    return {name: values for name, *values in parts}


def test_a_local_page_may_connect_to_the_local_cloud_alone(server: DemoServer) -> None:
    policy = _policy(server.deployment)
    assert policy["connect-src"] == ["'self'", "http://127.0.0.1:9", "ws://127.0.0.1:9"]
    assert policy["img-src"] == ["'self'", "http://127.0.0.1:9"]
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    assert call("GET", server.url).headers["content-security-policy"] == server.deployment.content_security_policy()


def test_a_page_of_a_deployment_on_aws_may_connect_to_that_one_alone() -> None:
    outputs = OUTPUTS | {
        "api_url": "https://a.execute-api.eu-west-1.amazonaws.com/prod",
        "websocket_url": "wss://w.execute-api.eu-west-1.amazonaws.com/prod",
        "region": "eu-west-1",
        "buckets": {"uploads": "u", "images": "i", "reports": "r"},
    }
    policy = _policy(Deployment("dev", outputs, "alice", lambda: "t"))
    stores = [
        "https://u.s3.amazonaws.com",
        "https://u.s3.eu-west-1.amazonaws.com",
        "https://i.s3.amazonaws.com",
        "https://i.s3.eu-west-1.amazonaws.com",
    ]
    api, pushes = "https://a.execute-api.eu-west-1.amazonaws.com", "wss://w.execute-api.eu-west-1.amazonaws.com"
    assert policy["connect-src"] == ["'self'", api, *stores, pushes]
    assert policy["img-src"] == ["'self'", *stores]


def _scripts() -> str:
    return "".join(path.read_text() for path in FOLDER.glob("*.js"))


def test_every_script_is_served(server: DemoServer) -> None:
    assert {call("GET", f"{server.url}/{path.name}").status for path in FOLDER.glob("*.js")} == {200}


def test_the_page_has_nothing_that_its_policy_forbids() -> None:
    html, script = (FOLDER / "index.html").read_text(), _scripts()
    style = (FOLDER / "style.css").read_text()
    assert re.findall(r"<script(?![^>]*\ssrc=)|\son[a-z]+=|\sstyle=|<style", html) == []
    assert re.findall(r"(?:src|href)=\"(?!/)[^\"]*\"", html) == []
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", script) == []
    assert re.findall(r"https?://|@import|url\(", script + style) == []


def test_everything_on_the_page_has_a_name() -> None:
    html = (FOLDER / "index.html").read_text()
    ids = set(re.findall(r'\sid="([^"]+)"', html))
    assert set(re.findall(r'aria-labelledby="([^"]+)"', html)) <= ids
    used = set(re.findall(r'byId\("([^"]+)"\)', _scripts()))
    assert used <= ids
    # Each field is inside its label.
    unlabelled = re.sub(r"<label.*?</label>", "", html, flags=re.DOTALL)
    assert re.findall(r"<(?:input|select|textarea)", unlabelled) == []
    assert '<html lang="en">' in html


def test_a_port_that_is_taken_is_one_sentence(server: DemoServer) -> None:
    port = server.server_address[1]
    with pytest.raises(MachineProblem, match=f"Port {port} is taken") as caught:
        DemoServer(server.deployment, port)
    assert "--port 0" in caught.value.fix


def test_an_api_that_lets_this_page_call_it_or_not(api: Api) -> None:
    deployment = Deployment("local", OUTPUTS | {"api_url": api.url}, "alice", lambda: "t")
    assert deployment.refused_origin("http://127.0.0.1:1") is None
    api.origin = "http://127.0.0.1:1"
    assert deployment.refused_origin("http://127.0.0.1:1") is None
    api.origin = "https://app.example.com"
    assert deployment.refused_origin("http://127.0.0.1:1") == "https://app.example.com"


def test_a_subject_that_is_none_is_refused_before_anything_is_served(command: Any) -> None:
    code, _, err = command("demo", "--sub", " ")
    assert code == 2
    assert "needs a subject" in err


def test_the_command_says_when_the_api_lets_another_page_alone_call_it(
    command: Any, api: Api, local: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.origin = "https://app.example.com"
    monkeypatch.setattr(context, "find", lambda *_: local)
    monkeypatch.setattr(deploy, "current_outputs", lambda *_: OUTPUTS | {"api_url": api.url})
    monkeypatch.setattr(DemoServer, "serve_forever", lambda *_: None)
    code, out, err = command("demo", "--port", "0")
    assert code == 0
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+\n", out)
    assert "lets https://app.example.com alone call it from a browser, and not this page: set api.cors_origin" in err


_PROGRAM = """
import sys
from tools import cli
from tools.deployment import deploy
from tools.access import tokens
from tools.commands import context
from tools.access.environments import Environment
url = sys.argv.pop()
context.find = lambda *_: Environment("local", None, {}, "http://127.0.0.1:9")
deploy.current_outputs = lambda *_: {"api_url": url}
tokens.mint = lambda *_, **__: "token"
sys.exit(cli.main())
"""


def test_ctrl_c_ends_it_quietly(api: Api) -> None:
    arguments = [sys.executable, "-c", _PROGRAM, "demo", "--port", "0", api.url]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        url = process.stdout.readline().strip()
        assert json.loads(call("GET", f"{url}/config.json").body)["token"] == "token"
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert process.stderr.read() == "The page of alice in local. Ctrl-C ends it.\n"
