"""Every path of the functions behind the WebSocket API, and of what pushes through it that reaches AWS."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.functions.support.application import Application
from tests.unit.functions.support.events import ALICE, recorded
from tests.unit.functions.support.sockets import Sockets, connect, connected, handshake, say


def _connect(application: Application) -> None:
    connect(application)
    application.run("websocket-connect", handshake("Bearer garbage"))


def _disconnect(application: Application) -> None:
    connected("owner:alice")
    application.run("websocket-disconnect", recorded("websocket_disconnect"))


def _message(application: Application) -> None:
    connected("owner:alice")
    topic = f"item:{application.create(ALICE)['id']}"
    for action in ("subscribe", "unsubscribe", "ping", "unknown"):
        say(application, {"action": action, "topic": topic})


def _notification_sender(application: Application) -> None:
    event = recorded("sqs_notifications")
    sockets = Sockets("there")
    for connection_id in ("there", "gone"):
        connected("owner:alice", connection_id)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("processors.notification_sender.fan_out", lambda *_, **__: 1 / 0)
        application.run("notification-sender", event)
    application.run("notification-sender", event)
    assert len(sockets.received["there"]) == len(event["Records"])


def _notification_sender_alone(application: Application) -> None:
    event = recorded("sqs_notifications")
    connected("owner:alice", "there")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("processors.notification_sender.publish", lambda *_, **__: 1 / 0)
        application.run("notification-sender", event)
    application.run("notification-sender", event)


SCENARIOS: dict[str, Callable[[Application], None]] = {
    "websocket-connect": _connect,
    "websocket-disconnect": _disconnect,
    "websocket-message": _message,
    "notification-sender": _notification_sender,
}
# Of what runs without a WebSocket API too, the paths that there are then.
WITHOUT: dict[str, Callable[[Application], None]] = {"notification-sender": _notification_sender_alone}
