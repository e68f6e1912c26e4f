"""Who may use the Runtime API of a function's process: that process, and no web page."""

from __future__ import annotations

import http.client
import os
import socket
import threading
from collections.abc import Iterator

import pytest

from localcloud.localstack.host import runtime_api
from localcloud.localstack.host.runtime_api import Invocation, RuntimeApi

pytestmark = pytest.mark.skipif(not os.path.exists("/proc/net/tcp"), reason="reads /proc")  # noqa: PTH110

NEXT = "/2018-06-01/runtime/invocation/next"


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    made = RuntimeApi()
    yield made
    made.close()


def ask(api: RuntimeApi, method: str, path: str, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection(api.address, timeout=10)
    try:
        connection.request(method, path, b"{}" if method == "POST" else None, headers)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_a_page_can_neither_take_nor_answer_an_invocation(api: RuntimeApi, headers: dict[str, str]) -> None:
    api.send(Invocation("r-1", b"{}", "arn"), deadline_ms=0)
    assert ask(api, "GET", NEXT, headers) == 403
    for path in ("invocation/r-1/response", "invocation/r-1/error", "init/error"):
        assert ask(api, "POST", f"/2018-06-01/runtime/{path}", headers) == 403
    assert (api.ready, api.init_error, api.wait(0)) == (False, None, None)


def test_the_process_is_answered(api: RuntimeApi) -> None:
    api.send(Invocation("r-1", b"{}", "arn"), deadline_ms=0)
    assert ask(api, "GET", NEXT, {}) == 200
    assert ask(api, "POST", "/2018-06-01/runtime/invocation/r-1/response", {}) == 202


def test_another_user_is_refused(api: RuntimeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        ask(api, "GET", NEXT, {})


def test_the_user_of_a_connection_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        accepted: list[int | None] = []
        thread = threading.Thread(target=lambda: accepted.append(runtime_api.user_of(server.accept()[1])))
        thread.start()
        with socket.create_connection(server.getsockname()):
            thread.join(10)
        assert accepted == [os.getuid()]
    assert runtime_api.user_of(("127.0.0.1", 1)) is None
