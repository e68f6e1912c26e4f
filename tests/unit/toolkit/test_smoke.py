"""The smoke checks and the samples, against an API of the test's own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.parser import BytesParser
from email.policy import HTTP
from http import HTTPStatus
from typing import Any

import pytest

from tests.unit.toolkit.api import Api, Reply
from tests.unit.toolkit.sockets import Sockets
from tools.deployment.seed import SAMPLES, seed
from tools.deployment.smoke import CACHE_CHECK, Patience, Smoke, call, callers, http2
from tools.deployment.smoke.picture import form, png
from tools.errors import SmokeProblem

NOT_WELL = {
    "status": "degraded",
    "checks": [
        {"name": name, "status": status}
        for name, status in (("table", "ok"), ("event-bus", "failed"), ("queue", "timeout"))
    ],
}


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


def _run(api: Api, sockets: Sockets, patience_s: float = 5) -> dict[str, str]:
    api.sockets = sockets
    patience = Patience(patience_s, patience_s)
    smoke = Smoke(api.url, "token", True, sockets.url, health=True, uploads=True, patience=patience)
    return {check.name: check.detail for check in smoke.run()}


def test_a_whole_deployment_passes_every_check_and_keeps_nothing(api: Api, sockets: Sockets) -> None:
    checks = _run(api, sockets)
    assert {name: detail for name, detail in checks.items() if detail} == {}
    assert len(checks) == 16
    assert api.items == {}
    sockets.wait(0)


def test_the_checks_fit_what_the_outputs_name() -> None:
    def of(outputs: dict[str, Any], emulated: bool = True) -> Smoke:
        return Smoke.of(outputs, lambda subject: f"token of {subject}", emulated=emulated)

    outputs: dict[str, Any] = {"api_url": "http://x", "anonymous_reads": True}
    plain = Smoke("http://x", "token of smoke-test", True)
    assert of(outputs) == plain
    assert of(outputs | {"websocket_url": None, "response_cache": False}) == plain
    outputs |= {"websocket_url": "ws://x", "functions": {"health-checker": "f"}, "buckets": {"uploads": "b"}}
    whole = replace(plain, websocket_url="ws://x", health=True, uploads=True)
    assert of(outputs) == whole
    assert of(outputs | {"response_cache": True}) == replace(whole, stranger="token of smoke-test-stranger")


def test_only_on_aws_a_new_deployment_is_waited_for() -> None:
    """A new stream mapping "may take several minutes" to start polling there."""
    outputs = {"api_url": "http://x"}
    on_aws = Smoke.of(outputs, str, emulated=False).patience
    assert (on_aws.usual_s, on_aws.first_push_s) == (30, 300)
    assert on_aws.settling_s >= 60
    assert Smoke.of(outputs, str, emulated=True).patience == Patience(30, 30, 0)


def test_first_answers_may_be_wrong_while_a_deployment_settles(api: Api, sockets: Sockets) -> None:
    api.sockets, api.settles_after = sockets, 2
    patience = Patience(5, 5, 10)
    checks = Smoke(api.url, "token", True, sockets.url, health=True, uploads=True, patience=patience).run()
    assert [check.name for check in checks if not check.ok] == []
    api.settles_after = 2
    checks = Smoke(api.url, "token", True, health=True).run()
    assert [check.name for check in checks if not check.ok] == ["GET /health is 200", "POST without a token is 401"]


def test_the_first_list_is_waited_for(api: Api) -> None:
    """An index is made after the answer: the new item may be a moment late."""
    lists: Iterator[list[Any]] = iter([[], [], []])
    api.wrong["GET 200"] = lambda reply: (
        (200, {**reply[1], "items": next(lists, reply[1]["items"])}) if "items" in reply[1] else reply
    )
    checks = Smoke(api.url, "token", True, patience=Patience(settling_s=10)).run()
    assert [check.name for check in checks if not check.ok] == []
    assert list(lists) == []


def test_the_first_push_has_a_patience_of_its_own(api: Api, sockets: Sockets) -> None:
    sockets.mute = {"ItemCreated"}
    smoke = Smoke(api.url, "token", True, sockets.url, patience=Patience(5, 0.3))
    failed = {check.name: check.detail for check in smoke.run() if not check.ok}
    assert list(failed) == ["a creation is pushed to its owner"]
    assert failed["a creation is pushed to its owner"].startswith("no ItemCreated within 0.3 s")


def _keeping(api: Api) -> dict[str, str]:
    checks = Smoke(api.url, "token", True, stranger="stranger").run()
    return {check.name: check.detail for check in checks if not check.ok}


def test_a_cache_that_knows_its_callers_passes(api: Api) -> None:
    api.cache_key = ("Authorization", "authorization")
    assert _keeping(api) == {}
    asked = {request.rpartition("=")[2] for request in api.requests if "limit=" in request}
    assert asked == {str(limit) for limit in range(92, 101)}, (
        "each pair of ways over HTTP/1.1 asks for a page of its own"
    )


@pytest.mark.parametrize(
    ("cache_key", "ways"),
    [
        ((), ""),
        (("authorization",), "HTTP/1.1 Authorization"),
        (("Authorization",), "HTTP/1.1 authorization"),
        (("X-Other",), "HTTP/1.1 Authorization"),
    ],
)
def test_a_shared_page_is_found_in_either_spelling(api: Api, cache_key: tuple[str, ...], ways: str) -> None:
    api.cache_key = cache_key
    failed = _keeping(api)
    assert list(failed) == ([CACHE_CHECK] if ways else [])
    assert ways in failed.get(CACHE_CHECK, "")


def test_a_page_that_is_shared_over_http2_alone_is_found(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "WAYS", (("HTTP/1.1", "Authorization"), ("HTTP/2", "authorization")))
    api.cache_key = ("Authorization",)
    assert "HTTP/2 authorization" in _keeping(api)[CACHE_CHECK]


def test_http2_answers_as_http_does(api: Api, unused_port: int) -> None:
    url = f"{api.url}/items?limit=1"
    answer = http2.get(url, {"Authorization": "Bearer token"})
    assert answer is not None
    assert (answer.status, answer.json(), answer.headers) == (
        200,
        call("GET", url, token="token").json(),
        {"content-type": "application/json"},
    )
    with pytest.raises(SmokeProblem, match="does not answer over HTTP/2"):
        http2.get(f"http://127.0.0.1:{unused_port}/", {})
    api.speaks_http2 = False
    with pytest.raises(SmokeProblem, match="does not answer over HTTP/2"):
        http2.get(url, {})


def test_a_websocket_that_lets_everybody_in_fails_its_check(api: Api, sockets: Sockets) -> None:
    sockets.token = "wrong"
    checks = _run(api, sockets, 0.2)
    assert checks["the WebSocket refuses a bad token"] == "a connection with a wrong token was accepted"
    assert checks["the WebSocket answers ping with pong"] == "the handshake was answered with 403"
    assert checks["a creation is pushed to its owner"] == "there is no connection"


def test_a_refusal_that_is_none_fails_its_check(api: Api, sockets: Sockets) -> None:
    sockets.refusal = HTTPStatus.BAD_GATEWAY
    assert "answered with 502" in _run(api, sockets)["the WebSocket refuses a bad token"]


def test_a_websocket_that_is_not_there_fails_its_checks(api: Api, sockets: Sockets, unused_port: int) -> None:
    sockets.url = f"ws://127.0.0.1:{unused_port}"
    checks = _run(api, sockets, 0.2)
    assert "cannot be connected to" in checks["the WebSocket refuses a bad token"]
    assert "cannot be connected to" in checks["the WebSocket answers ping with pong"]
    assert checks["GET /items/{id} is 200"] == ""


def test_pushes_that_do_not_come_fail_their_check(api: Api, sockets: Sockets) -> None:
    sockets.mute = {"pong", "ItemCreated"}
    checks = _run(api, sockets, 0.2)
    assert checks["the WebSocket answers ping with pong"] == "no pong within 0.2 s; what came: nothing"
    assert checks["a creation is pushed to its owner"].startswith("no ItemCreated within 0.2 s")


def test_a_push_that_shows_another_item_fails_its_check(api: Api, sockets: Sockets) -> None:
    api.pushed_name = "Other"
    assert "shows another item" in _run(api, sockets)["a creation is pushed to its owner"]


def test_a_connection_that_ends_fails_its_check(api: Api, sockets: Sockets) -> None:
    api.wrong["POST 201"] = lambda reply: (sockets.drop(), reply)[1]  # type: ignore[func-returns-value]
    sockets.mute = {"ItemCreated"}
    assert "the connection was closed" in _run(api, sockets)["a creation is pushed to its owner"]


def test_images_that_are_not_made_fail_their_check(api: Api, sockets: Sockets) -> None:
    api.processes = False
    checks = _run(api, sockets, 0.3)
    assert checks["an uploaded image is processed"] == (
        "not within 0.3 s: the item names no image; see the log of image-processor"
    )


@pytest.mark.parametrize(
    ("request_", "change", "failing", "detail"),
    [
        ("GET 200", lambda _: (503, NOT_WELL), "GET /health is 200", "not well: event-bus, queue; see the log of"),
        ("GET 200", lambda _: (503, {"message": "no"}), "GET /health is 200", "KeyError"),
        ("GET 200", lambda _: (404, {"requestId": "r"}), "GET /health is 200", "answered 404"),
        ("GET 200", lambda _: (200, {"status": "degraded"}), "GET /health is 200", "degraded"),
        ("POST 201", lambda reply: (201, {**reply[1], "fields": {}}), "POST /items/{id}/images is 201", "no presigned"),
        ("POST 204", lambda _: (403, b"<Error>"), "an uploaded image is processed", "the upload was answered with 403"),
    ],
)
def test_what_is_wrong_with_uploads_and_health(  # noqa: PLR0917 - fixtures
    api: Api, sockets: Sockets, request_: str, change: Callable[[Reply], Reply], failing: str, detail: str
) -> None:
    api.wrong[request_] = change
    assert detail in _run(api, sockets, 0.3)[failing]


def test_the_picture_and_its_form_are_what_their_formats_say() -> None:
    picture = png(3, 2)
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert picture[16:24] == b"\0\0\0\x03\0\0\0\x02"
    body, content_type = form({"key": "uploads/a b", "Content-Type": "image/png"}, picture)
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    parts = {part.get_param("name", header="content-disposition"): part for part in message.iter_parts()}
    assert list(parts) == ["key", "Content-Type", "file"]
    assert parts["key"].get_payload(decode=True) == b"uploads/a b"
    assert parts["file"].get_payload(decode=True) == picture


def test_what_does_not_answer_is_one_sentence(unused_port: int) -> None:
    with pytest.raises(SmokeProblem, match="does not answer") as caught:
        call("GET", f"http://127.0.0.1:{unused_port}/prod/items")
    assert caught.value.fix == "python -m tools deploy"


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
