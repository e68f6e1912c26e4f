"""What a page of another origin can do to the local cloud, in a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.localcloud.attacks import Victim, attacks
from tests.localcloud.aws import Aws
from tests.localcloud.sockets import socket_api

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_PAGE = b"<!doctype html><title>another site</title><iframe name=aside></iframe>"

# Every way in which a page can make a browser send a request. Each promise settles, whatever happens to the request.
_SEND = """
async ([url, method, headers, body, how]) => {
  const text = (bytes) => bytes.slice(0, 4000);
  try {
    if (how === "fetch") {
      const answer = await fetch(url, { method, headers, body: body || undefined, credentials: "include" });
      return { status: answer.status, body: text(await answer.text()) };
    }
    if (how === "no-cors") {
      const simple = { method: method === "GET" ? "GET" : "POST", mode: "no-cors", body: body || undefined };
      return { type: (await fetch(url, simple)).type };
    }
    if (how === "beacon") return { sent: navigator.sendBeacon(url, body) };
    if (how === "image") {
      const image = new Image();
      image.src = url;
      return { loaded: await image.decode().then(() => true, () => false) };
    }
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: url, target: "aside", enctype: "text/plain" });
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: body.slice(0, -1), value: body.slice(-1) });
    form.append(field);
    document.body.append(form);
    const frame = document.querySelector("iframe");
    const done = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
    form.submit();
    await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 3000))]);
    return { sent: true };
  } catch (error) {
    return { error: String(error) };
  }
}
"""


class _Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(_PAGE)))
        self.end_headers()
        self.wfile.write(_PAGE)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def _site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
        thread.start()
        try:
            yield f"http://localhost:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The origin of a page of another site."""
    with _site() as origin:
        yield origin


@pytest.fixture(scope="module")
def victim(aws: Aws) -> Victim:
    return Victim.on(aws)


def _send(page: Page, url: str, method: str = "GET", body: str = "", *, how: str = "fetch", **headers: str) -> Any:
    return page.evaluate(_SEND, [url, method, headers, body, how])


@pytest.mark.parametrize(
    "how", ["fetch", "form", *(pytest.param(how, marks=pytest.mark.full) for how in ("no-cors", "beacon", "image"))]
)
def test_a_page_of_another_origin_changes_and_reads_nothing(page: Page, site: str, victim: Victim, how: str) -> None:
    before = victim.state()
    page.goto(site)
    for name, sent in attacks(victim).items():
        if not sent.target.startswith("/") or (how in ("beacon", "form") and sent.method != "POST"):
            continue
        body = sent.body.decode() if sent.method != "GET" else ""
        forbidden = ("Host", "Origin", "Access-Control-Request-Method", "x-localstack-data")
        headers = {header: value for header, value in sent.headers.items() if header not in forbidden}
        seen = _send(page, victim.aws.url + sent.target, sent.method, body, how=how, **headers)
        assert "status" not in seen, (name, seen)
        assert seen.get("loaded") is not True, (name, seen)
    assert victim.state() == before


def test_dns_rebinding_changes_and_reads_nothing(browser: Browser, victim: Victim) -> None:
    """A page under evil.example, whose host name then points to this machine: to the browser it is the same origin."""
    from tests.browser import FLAGS

    address = urlsplit(victim.aws.url)
    before = victim.state()
    launch = browser.browser_type.launch
    path = _program()
    with _mapped(launch, path, [*FLAGS, "--host-resolver-rules=MAP evil.example 127.0.0.1"]) as page:
        page.goto(f"http://evil.example:{address.port}/_local/instance")
        assert "answers only to its own names" in page.content()
        for name, sent in attacks(victim).items():
            if sent.target.startswith("/") and sent.method != "OPTIONS":
                body = sent.body.decode() if sent.method != "GET" else ""
                seen = _send(page, f"http://evil.example:{address.port}{sent.target}", sent.method, body)
                assert seen.get("status") == 403, (name, seen)
    assert victim.state() == before


def _program() -> str:
    from tests.browser import find_browser

    path = find_browser()
    assert path
    return path


@contextmanager
def _mapped(launch: Any, path: str, arguments: list[str]) -> Iterator[Page]:
    browser = launch(executable_path=path, args=arguments)
    try:
        yield browser.new_page()
    finally:
        browser.close()


def test_a_page_can_use_what_the_application_opens_to_it(page: Page, site: str, victim: Victim) -> None:
    s3 = victim.signing_s3
    rule = {"AllowedOrigins": [site], "AllowedMethods": ["GET", "PUT", "POST"], "AllowedHeaders": ["*"]}
    s3.put_bucket_cors(Bucket=victim.bucket, CORSConfiguration={"CORSRules": [rule]})
    where = {"Bucket": victim.bucket, "Key": "from a page"}
    page.goto(site)
    put, get = (s3.generate_presigned_url(name, Params=where) for name in ("put_object", "get_object"))
    assert _send(page, put, "PUT", "hello")["status"] == 200
    assert _send(page, get) == {"status": 200, "body": "hello"}
    refused = _send(page, get.replace("from%20a", "from%20the"))
    assert (refused["status"], "SignatureDoesNotMatch" in refused["body"]) == (403, True)
    form = s3.generate_presigned_post(victim.bucket, "by form")
    assert page.evaluate(_UPLOAD, [form["url"], form["fields"]]) == 204
    assert s3.get_object(Bucket=victim.bucket, Key="by form")["Body"].read() == b"a file"
    # The API declares no CORS, so a page may send requests to it but not read the responses.
    assert "error" in _send(page, f"{victim.aws.url}/_aws/execute-api/{victim.api}/prod/x", "POST", "{}")
    socket = socket_api(victim.aws).endpoint.replace("http", "ws", 1)
    assert page.evaluate(_OPEN, socket) == "open"
    assert page.evaluate(_OPEN, f"{socket}/@connections/x") == "error"


_UPLOAD = """
([url, fields]) => new Promise((resolve) => {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  data.append("file", new Blob(["a file"]));
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", () => {});  // which makes it ask by a preflight
  request.addEventListener("loadend", () => resolve(request.status));
  request.open("POST", url);
  request.send(data);
})
"""
_OPEN = """
(url) => new Promise((resolve) => {
  const socket = new WebSocket(url);
  for (const name of ["open", "error"]) socket.addEventListener(name, () => resolve(name));
})
"""
