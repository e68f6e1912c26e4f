"""Watching pushes: what is printed, how a drop is survived, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest

from tests.unit.toolkit.conftest import OUTPUTS
from tests.unit.toolkit.sockets import Sockets
from tools.access.environments import Environment
from tools.commands import context
from tools.deployment import deploy
from tools.errors import CloudProblem, DeliveryProblem, TerraformProblem
from tools.operations import watch

CREATED = {
    "type": "ItemCreated",
    "id": "e-1",
    "time": "2026-11-24T10:00:00.000Z",
    "correlationId": "c",
    "item": {"id": "i-1", "name": "Lamp"},
    "changes": [],
}
UPDATED = CREATED | {"type": "ItemUpdated", "id": "e-2", "changes": ["name", "price"]}
QUICK = watch.Clock(sleep=lambda _: None, chance=lambda: 0.0)


def _watch(sockets: Sockets, *topics: str, seconds: float = 20) -> tuple[watch.Watch, list[str]]:
    said: list[str] = []
    return watch.Watch(sockets.url, lambda: "token", topics, said.append, seconds, QUICK), said


def test_each_push_comes_as_it_was_sent(sockets: Sockets) -> None:
    sockets.on_connect = [CREATED, UPDATED]
    watching, said = _watch(sockets)
    pushes = watching.pushes()
    assert [next(pushes)[1] for _ in range(2)] == [CREATED, UPDATED]
    pushes.close()
    assert said == ["watching the caller's own items"]
    assert sockets.handshakes == ["token"]


def test_it_is_ready_when_every_topic_is_subscribed(sockets: Sockets) -> None:
    watching, said = _watch(sockets, "item:i-1", "public")
    _when_ready(said, lambda: sockets.push(CREATED))
    assert next(watching.pushes())[1] == CREATED
    assert said == ["watching the caller's own items, item:i-1, public"]
    assert sockets.received == [{"action": "subscribe", "topic": topic} for topic in ("item:i-1", "public")]


def _when_ready(said: list[str], do: Callable[[], None]) -> None:
    def wait() -> None:
        deadline = time.monotonic() + 10
        while not said and time.monotonic() < deadline:
            time.sleep(0.01)
        do()

    threading.Thread(target=wait).start()


def test_a_drop_is_survived_and_told(sockets: Sockets) -> None:
    sockets.on_connect = [CREATED]
    watching, said = _watch(sockets, "public")
    pushes = watching.pushes()
    next(pushes)
    _when_ready(said, sockets.drop)
    assert next(pushes)[1] == CREATED
    assert said[0].startswith("watching")
    assert said[1] == "the connection is gone (closed with 1001); trying again in 0.5 s"
    assert sockets.handshakes == ["token", "token"]


def test_waits_grow_to_a_limit_and_never_pass_the_end(unused_port: int) -> None:
    waits: list[float] = []
    now = [0.0]

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    clock = watch.Clock(now=lambda: now[0], sleep=sleep, chance=lambda: 1.0)
    said: list[str] = []
    watching = watch.Watch(f"ws://127.0.0.1:{unused_port}", lambda: "token", (), said.append, 100, clock)
    watching._connected = True
    assert list(watching.pushes()) == []
    assert waits == [1, 2, 4, 8, 16, 30, 30, 9]


def test_a_token_that_cannot_be_minted_meanwhile_is_waited_for(sockets: Sockets) -> None:
    sockets.on_connect = [CREATED]
    answers: list[str | None] = ["token", None, "token"]

    def mint() -> str:
        answer = answers.pop(0)
        if answer is None:
            raise CloudProblem("local does not answer.", "python -m tools up")
        return answer

    watching, said = _watch(sockets)
    watching.token = mint
    pushes = watching.pushes()
    next(pushes)
    sockets.drop()
    next(pushes)
    assert "local does not answer." in said[2]


def test_a_connection_is_renewed_before_its_token_expires(sockets: Sockets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_RENEW_S", 0.05)
    sockets.on_connect = [CREATED]
    watching, said = _watch(sockets)
    pushes = watching.pushes()
    next(pushes)
    next(pushes)
    assert said == ["watching the caller's own items", "connected again: the caller's own items"]


def test_a_quiet_connection_is_kept_open(sockets: Sockets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_PING_S", 0.05)
    watching, _ = _watch(sockets, seconds=0.5)
    assert list(watching.pushes()) == []
    assert {"action": "ping"} in sockets.received


@pytest.mark.parametrize("status", [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN])
def test_a_refused_handshake_is_one_sentence(sockets: Sockets, status: HTTPStatus) -> None:
    sockets.token, sockets.refusal = "another", status
    watching, said = _watch(sockets)
    with pytest.raises(DeliveryProblem, match=f"refuses the caller with {int(status)}") as caught:
        next(watching.pushes())
    assert caught.value.fix
    assert said == []


def test_a_server_in_trouble_is_not_taken_for_a_refusal(sockets: Sockets) -> None:
    sockets.token, sockets.refusal = "another", HTTPStatus.BAD_GATEWAY
    watching, _ = _watch(sockets)
    with pytest.raises(DeliveryProblem, match="answered with 502"):
        next(watching.pushes())


def test_nobody_there_is_one_sentence(unused_port: int) -> None:
    watching = watch.Watch(f"ws://127.0.0.1:{unused_port}", lambda: "token", (), print)
    with pytest.raises(DeliveryProblem, match="cannot be connected to"):
        next(watching.pushes())


def test_a_subscription_that_is_refused_is_one_sentence(sockets: Sockets) -> None:
    sockets.unknown_topics = {"item:none"}
    watching, _ = _watch(sockets, "item:none")
    with pytest.raises(DeliveryProblem) as refused:
        next(watching.pushes())
    assert refused.value.problem == "The subscription is refused: not-found: There is no such item."
    assert refused.value.fix.startswith("python -m tools watch --topic ")


@pytest.mark.parametrize("text", ['{"message": "Internal server error"}', "no json", "[1]"])
def test_what_is_no_push_is_told_and_passed_over(sockets: Sockets, text: str) -> None:
    sockets.on_connect = [CREATED]
    watching, said = _watch(sockets)
    pushes = watching.pushes()
    next(pushes)
    sockets.push(text)
    sockets.push(UPDATED)
    assert next(pushes)[1] == UPDATED
    assert said[1].startswith("refused: error: ")


def test_a_deployment_without_websocket() -> None:
    for outputs in (OUTPUTS | {"environment": "dev"}, OUTPUTS | {"environment": "dev", "websocket_url": None}):
        with pytest.raises(TerraformProblem, match="has no WebSocket API") as refused:
            watch.url_of(outputs)
        assert refused.value.fix == (
            "set features.websocket = true in environments/dev.tfvars, then python -m tools deploy --env dev"
        )


@pytest.mark.parametrize(
    ("push", "line"),
    [
        (CREATED, "2026-11-24T10:00:00.000Z  ItemCreated  i-1"),
        (UPDATED, "2026-11-24T10:00:00.000Z  ItemUpdated  i-1  name, price"),
        (CREATED | {"type": "ImageRefused", "reason": "too-many-pixels"}, "too-many-pixels"),
        ({"type": "Odd"}, "Odd"),
    ],
)
def test_a_push_is_one_line(push: dict[str, Any], line: str) -> None:
    assert watch.line(push).endswith(line)
    assert "\n" not in watch.line(push)


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch, local: Environment, sockets: Sockets) -> None:
    """Let the command line find a deployment with the test's WebSocket API."""
    monkeypatch.setattr(context, "find", lambda *_: local)
    monkeypatch.setattr(deploy, "current_outputs", lambda *_: OUTPUTS | {"websocket_url": sockets.url})
    monkeypatch.setattr("tools.access.tokens.mint", lambda *_, **__: "token")


@pytest.mark.usefixtures("deployed")
def test_the_command_ends_after_so_many_pushes(command: Any, sockets: Sockets) -> None:
    sockets.on_connect = [CREATED, UPDATED, UPDATED]
    code, out, err = command("watch", "--count", "2", "--timeout", "10")
    assert (code, out) == (0, f"{watch.line(CREATED)}\n{watch.line(UPDATED)}\n")
    assert err == "watching the caller's own items\n"
    code, out, _ = command("watch", "--count", "1", "--json")
    assert (code, json.loads(out)) == (0, CREATED)


@pytest.mark.usefixtures("deployed")
def test_too_few_pushes_in_time_is_a_failure(command: Any, sockets: Sockets) -> None:
    sockets.on_connect = [CREATED]
    code, _, err = command("watch", "--count", "2", "--timeout", "0.3")
    assert code == 9
    assert "error: 1 of 2 pushes came in 0.3 s." in err
    assert command("watch", "--timeout", "0.1")[0] == 0


_PROGRAM = """
import sys
from tools import cli
from tools.deployment import deploy
from tools.access import environments
from tools.access import tokens
from tools.commands import context
url = sys.argv.pop()
context.find = lambda *_: None
deploy.current_outputs = lambda *_: {"websocket_url": url}
tokens.mint = lambda *_, **__: "token"
sys.exit(cli.main())
"""


def _process(sockets: Sockets) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, "watch", "--json", sockets.url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": ""},
    )


def test_a_pipe_gets_each_push_at_once_and_ctrl_c_is_quiet(sockets: Sockets) -> None:
    with _process(sockets) as process:
        assert process.stdout
        assert process.stderr
        sockets.wait(1)
        sockets.push(CREATED)
        assert json.loads(process.stdout.readline()) == CREATED
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert process.stdout.read() == ""
        assert process.stderr.read() == "watching the caller's own items\n"


def test_a_reader_that_has_enough_ends_it(sockets: Sockets) -> None:
    with _process(sockets) as process:
        assert process.stdout
        assert process.stderr
        sockets.wait(1)
        process.stdout.close()
        sockets.push(CREATED)
        assert process.wait(10) == 0
        assert "Traceback" not in process.stderr.read()
        assert process.returncode == 0
