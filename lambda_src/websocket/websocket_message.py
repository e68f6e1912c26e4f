"""Messages of WebSocket clients ($default, subscribe, unsubscribe, ping): each is answered on the same connection."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from aws.clients import Unavailable, connect
from aws.connections.rows import Connection, soon
from aws.connections.subscriptions import ConnectionGone, TooManyTopics, subscribe, unsubscribe
from aws.items.reading import get_item
from domain.errors import ItemNotFound
from domain.items import readable
from domain.topics import is_subscription, item_of, subscribable
from runtime.context import FunctionSettings, LambdaContext
from runtime.initialisation import at_init
from runtime.settings import read
from runtime.strict_json import Unreadable, parse_object
from runtime.work import unit_of_event

MAX_BYTES = 4 * 1024
MOST_TOPICS = 50

Answer = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Settings(FunctionSettings):
    """Names of the tables of connections and of items."""

    connections_table: str
    items_table: str


class Refusal(Exception):
    """An answer that is an error: a word for programs, and a sentence for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def handler(event: Mapping[str, Any], context: LambdaContext) -> Answer:  # noqa: ARG001 (Lambda passes it)
    """Answer one message, with an error message where it has to be."""
    settings = read(Settings)
    gateway = event["requestContext"]
    connection_id, request_id = gateway["connectionId"], gateway["requestId"]
    with unit_of_event(settings, kind="message", correlation_id=request_id, connection_id=connection_id) as work:
        try:
            message = _message(event)
            action = _action(message)
            work.kind = message["action"]
            answer = action(message, live(connection_id, settings.connections_table), settings)
        except Refusal as refusal:
            work.refuse(refusal.code)
            answer = _error(refusal, request_id)
        except Exception as error:
            work.fail(error)
            answer = _error(_failure(error), request_id)
    return {"statusCode": 200, "body": json.dumps(answer)}


def live(connection_id: str, table: str, *, now: Callable[[], float] = time.time) -> Connection:
    """Return the row of a connection that says whose it is.

    Parameters
    ----------
    connection_id, table
        Which connection, and where connections are.
    now
        Seconds since the Unix epoch.

    Raises
    ------
    Refusal
        The connection is not known, or what it was opened with has expired.
    """
    rows = [row for row in soon(table, connection_id) if not is_subscription(row.topic)]
    if not rows:
        raise _not_connected()
    if not rows[0].lives_at(now()):
        raise Refusal("expired", "This connection has expired. Connect again, with a new token.")
    return rows[0]


def _message(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON object that the client has sent; how API Gateway has read it to choose a route does not count."""
    text = event.get("body") or ""
    # Every character has at least one byte.
    if len(text) > MAX_BYTES or len(text.encode(errors="replace")) > MAX_BYTES:
        raise Refusal("too-large", f"A message has at most {MAX_BYTES} bytes.")
    if event.get("isBase64Encoded"):
        raise Refusal("invalid-message", "The message is not text.")
    try:
        return parse_object(text)
    except Unreadable as unreadable:
        raise Refusal("invalid-message", f"The message {unreadable}.") from None


def _action(message: Mapping[str, Any]) -> Callable[[Mapping[str, Any], Connection, Settings], Answer]:
    name = message.get("action")
    if not isinstance(name, str) or name not in ACTIONS:
        raise Refusal("unknown-action", f"The action has to be one of: {', '.join(sorted(ACTIONS))}.")
    return ACTIONS[name]


def _subscribe(message: Mapping[str, Any], connection: Connection, settings: Settings) -> Answer:
    topic = _topic(message)
    item_id = item_of(topic)
    if item_id is not None:
        _check_right(connection, item_id, settings)
    try:
        subscribe(settings.connections_table, connection, topic, most=MOST_TOPICS)
    except TooManyTopics:
        raise Refusal("too-many-topics", f"A connection subscribes to at most {MOST_TOPICS} topics.") from None
    except ConnectionGone:
        raise _not_connected() from None
    return {"type": "subscribed", "topic": topic}


def _check_right(connection: Connection, item_id: str, settings: Settings) -> None:
    try:
        readable(connection.caller, get_item(settings.items_table, item_id))
    except ItemNotFound:
        raise Refusal("not-found", "There is no such item.") from None


def _unsubscribe(message: Mapping[str, Any], connection: Connection, settings: Settings) -> Answer:
    topic = _topic(message)
    try:
        unsubscribe(settings.connections_table, connection, topic)
    except ConnectionGone:
        raise _not_connected() from None
    return {"type": "unsubscribed", "topic": topic}


def _ping(message: Mapping[str, Any], connection: Connection, settings: Settings) -> Answer:  # noqa: ARG001 (an action)
    return {"type": "pong"}


ACTIONS = {"subscribe": _subscribe, "unsubscribe": _unsubscribe, "ping": _ping}


def _topic(message: Mapping[str, Any]) -> str:
    topic = subscribable(message.get("topic"))
    if topic is None:
        raise Refusal("invalid-message", 'The topic has to be "public" or "item:" with the id of an item.')
    return topic


def _not_connected() -> Refusal:
    return Refusal("not-connected", "This connection is not known any longer. Connect again.")


def _failure(error: Exception) -> Refusal:
    """Return the answer to what has failed here. It says nothing of the cause: that is in the log."""
    if isinstance(error, Unavailable):
        return Refusal("unavailable", "Too busy at the moment. Try again later.")
    return Refusal("internal-error", "Something went wrong here. The request id finds it in the log.")


def _error(refusal: Refusal, request_id: str) -> Answer:
    return {"type": "error", "code": refusal.code, "detail": refusal.detail, "requestId": request_id}


at_init(partial(read, Settings), partial(connect, "dynamodb"))
