"""The smoke checks and the samples, against an API of the test's own."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tools.errors import SmokeProblem
from tools.seed import SAMPLES, seed
from tools.smoke import Smoke, call

Reply = tuple[int, Any]


class Api:
    """A right API in memory; `wrong` replaces its answer to a request."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.wrong: dict[str, Callable[[Reply], Reply]] = {}
        self.requests: list[str] = []
        self.url = ""

    def answer(self, method: str, path: str, headers: Any, body: Any) -> Reply:
        """Return status and body of one request."""
        name = path.split("?", maxsplit=1)[0].rpartition("/")[2]
        if method == "POST":
            if "Authorization" not in headers:
                return 401, {"requestId": "r"}
            if not body["name"]:
                return 400, {"requestId": "r"}
            item = {**body, "id": f"i{len(self.items)}", "version": 1}
            self.items[item["id"]] = item
            return 201, item
        if name == "items":
            return 200, {"items": list(self.items.values()), "nextCursor": None}
        if name not in self.items:
            return 404, {"requestId": "r"}
        if method == "PUT":
            if headers["If-Match"] != f'"{self.items[name]["version"]}"':
                return 412, {"requestId": "r"}
            self.items[name] = {**self.items[name], **body, "version": self.items[name]["version"] + 1}
        if method == "DELETE":
            del self.items[name]
            return 204, None
        return 200, self.items[name]


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the server's API."""

    api: Api

    def _serve(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.api.requests.append(f"{self.command} {self.path}")
        status, body = self.api.answer(self.command, self.path, self.headers, json.loads(sent) if sent else None)
        change = self.api.wrong.get(f"{self.command} {status}")
        if change:
            status, body = change((status, body))
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        if status == 201 and isinstance(body, dict):
            self.send_header("Location", f"{self.path}/{body.get('id')}")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def api() -> Iterator[Api]:
    """Serve an API."""
    served = Api()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"api": served}))
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_address[1]}/prod"
    yield served
    server.shutdown()
    server.server_close()
    thread.join()


def _failed(api: Api) -> dict[str, str]:
    return {check.name: check.detail for check in Smoke(api.url, "token", anonymous_reads=True).run() if not check.ok}


def test_a_right_api_passes_every_check_and_keeps_nothing(api: Api) -> None:
    reported: list[str] = []
    checks = Smoke(api.url, "token", anonymous_reads=True).run(lambda check: reported.append(check.name))
    assert [check.name for check in checks if not check.ok] == []
    assert reported == [check.name for check in checks]
    assert len(checks) == 10
    assert api.items == {}


def test_without_anonymous_reads_a_list_without_a_token_is_refused(api: Api) -> None:
    checks = Smoke(api.url, "token", anonymous_reads=False).run()
    assert [check.name for check in checks if not check.ok] == ["GET /items without a token"]


@pytest.mark.parametrize(
    ("request_", "change", "failing"),
    [
        ("POST 401", lambda _: (201, {"id": "x"}), "POST without a token is 401"),
        ("POST 401", lambda _: (401, {"message": "Unauthorized"}), "POST without a token is 401"),
        ("POST 201", lambda reply: (200, reply[1]), "POST /items is 201"),
        ("POST 201", lambda reply: (201, {**reply[1], "id": "other"}), "GET /items lists it"),
        ("GET 200", lambda reply: (200, {"items": []}), "GET /items lists it"),
        ("GET 200", lambda reply: (200, {**reply[1], "owner": "x"}), "GET /items/{id} is 200"),
        ("PUT 412", lambda _: (200, {}), "PUT with the wrong version is 412"),
        ("PUT 200", lambda reply: (200, {**reply[1], "version": 9}), "PUT /items/{id} is 200"),
        ("POST 400", lambda _: (500, {"requestId": "r"}), "a bad body is 400"),
        ("DELETE 204", lambda _: (200, {}), "DELETE /items/{id} is 204"),
        ("GET 404", lambda _: (200, {}), "GET /items/{id} is 404 after it"),
        # What is no JSON, or JSON of another shape, fails a check and never ends the run.
        ("GET 200", lambda _: (200, b"<html>"), "GET /items lists it"),
        ("GET 200", lambda _: (200, []), "GET /items lists it"),
        ("POST 201", lambda _: (201, b"null"), "POST /items is 201"),
        ("POST 400", lambda _: (400, ["no"]), "a bad body is 400"),
        ("POST 400", lambda _: (400, b"7"), "a bad body is 400"),
    ],
)
def test_a_wrong_answer_fails_the_check_that_names_it(
    api: Api, request_: str, change: Callable[[Reply], Reply], failing: str
) -> None:
    api.wrong[request_] = change
    failed = _failed(api)
    assert failing in failed
    assert failed[failing]


def test_what_does_not_answer_is_one_sentence(unused_port: int) -> None:
    with pytest.raises(SmokeProblem, match="does not answer") as caught:
        call("GET", f"http://127.0.0.1:{unused_port}/prod/items")
    assert caught.value.mend == "python -m tools deploy"


def test_what_speaks_no_http_is_one_sentence() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def talk() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(1000)
                peer.sendall(b"220 mail ready\r\n")

        thread = threading.Thread(target=talk)
        thread.start()
        with pytest.raises(SmokeProblem, match="does not answer"):
            call("GET", f"http://127.0.0.1:{server.getsockname()[1]}/")
        thread.join()


def test_a_local_api_is_not_reached_through_a_proxy(
    api: Api, unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{unused_port}")
    assert call("GET", f"{api.url}/items").status == 200


def test_samples_are_made_once(api: Api) -> None:
    assert seed(api.url, "token") == len(SAMPLES)
    assert [item["visibility"] for item in api.items.values()] == ["public"] * len(SAMPLES)
    assert seed(api.url, "token") == 0
    assert len(api.items) == len(SAMPLES)


def test_no_samples_where_lists_are_refused(api: Api) -> None:
    api.wrong["GET 200"] = lambda _: (403, {"requestId": "r"})
    assert seed(api.url, "token") == 0
    assert api.items == {}


@pytest.mark.parametrize("body", [b"<html>", [], {}])
def test_a_list_that_is_none_is_one_sentence(api: Api, body: Any) -> None:
    api.wrong["GET 200"] = lambda _: (200, body)
    with pytest.raises(SmokeProblem, match="answers no list"):
        seed(api.url, "token")


def test_a_refused_sample_is_one_sentence(api: Api) -> None:
    api.wrong["POST 201"] = lambda _: (400, {"detail": "no"})
    with pytest.raises(SmokeProblem, match="refused with 400"):
        seed(api.url, "token")
