"""Messages of WebSocket clients ($default, subscribe, unsubscribe, ping): each is answered on the same connection."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from config.environment import read
from config.initialisation import at_init
from config.runtime import FunctionSettings, LambdaContext
from domain.errors import ItemNotFound
from domain.items import readable
from domain.topics import is_subscription, item_of, subscribable
from storage.clients import Unavailable, connect
from storage.connections import Connection, of_connection, put, remove
from storage.items_reader import get_item
from telemetry.event_line import DONE, FAILED, REFUSED, report
from web.strict_json import Unreadable, parse_object

MAX_BYTES = 4 * 1024
MOST_TOPICS = 50
# The index that finds a connection's rows lags behind the table, and a client may speak as soon as it is connected.
PAUSES_SECONDS = (0.0, 0.1, 0.3)

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
    started = time.perf_counter()
    settings = read(Settings)
    gateway = event["requestContext"]
    line: dict[str, Any] = {"kind": "message", "outcome": DONE}
    try:
        message = _message(event)
        action = _action(message)
        line["kind"] = message["action"]
        answer = action(message, _live(gateway["connectionId"], settings), settings)
    except Refusal as refusal:
        line |= {"outcome": REFUSED, "reason": refusal.code}
        answer = _error(refusal, gateway["requestId"])
    except Exception as error:
        line |= {"outcome": FAILED, "error": error}
        answer = _error(_failure(error), gateway["requestId"])
    report(
        settings=settings,
        duration_ms=(time.perf_counter() - started) * 1000,
        correlation_id=gateway["requestId"],
        connection_id=gateway["connectionId"],
        **line,
    )
    return {"statusCode": 200, "body": json.dumps(answer)}


def rows_of(
    connection_id: str, table: str, *, now: Callable[[], float] = time.time, sleep: Callable[[float], None] = time.sleep
) -> list[Connection]:
    """Return the rows of a connection, of which there is at least one.

    Parameters
    ----------
    connection_id, table
        Which connection, and where connections are.
    now, sleep
        Seconds since the Unix epoch, and a wait of some seconds.

    Raises
    ------
    Refusal
        The connection is not known, or what it was opened with has expired.
    """
    for pause in PAUSES_SECONDS:
        sleep(pause)
        rows = of_connection(table, connection_id)
        if rows:
            break
    else:
        raise Refusal("not-connected", "This connection is not known any longer. Connect again.")
    if not all(row.lives_at(now()) for row in rows):
        raise Refusal("expired", "This connection has expired. Connect again, with a new token.")
    return rows


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


def _action(message: Mapping[str, Any]) -> Callable[[Mapping[str, Any], list[Connection], Settings], Answer]:
    name = message.get("action")
    if not isinstance(name, str) or name not in ACTIONS:
        raise Refusal("unknown-action", f"The action has to be one of: {', '.join(sorted(ACTIONS))}.")
    return ACTIONS[name]


def _live(connection_id: str, settings: Settings) -> list[Connection]:
    return rows_of(connection_id, settings.connections_table)


def _subscribe(message: Mapping[str, Any], rows: list[Connection], settings: Settings) -> Answer:
    topic = _topic(message)
    connection = replace(rows[0], topic=topic)
    item_id = item_of(topic)
    if item_id is not None:
        _check_right(connection, item_id, settings)
    subscriptions = {row.topic for row in rows if is_subscription(row.topic)}
    if topic not in subscriptions:
        if len(subscriptions) >= MOST_TOPICS:
            raise Refusal("too-many-topics", f"A connection subscribes to at most {MOST_TOPICS} topics.")
        put(settings.connections_table, connection)
    return {"type": "subscribed", "topic": topic}


def _check_right(connection: Connection, item_id: str, settings: Settings) -> None:
    try:
        readable(connection.caller, get_item(settings.items_table, item_id))
    except ItemNotFound:
        raise Refusal("not-found", "There is no such item.") from None


def _unsubscribe(message: Mapping[str, Any], rows: list[Connection], settings: Settings) -> Answer:
    topic = _topic(message)
    remove(settings.connections_table, topic, rows[0].connection_id)
    return {"type": "unsubscribed", "topic": topic}


def _ping(message: Mapping[str, Any], rows: list[Connection], settings: Settings) -> Answer:  # noqa: ARG001 (an action)
    return {"type": "pong"}


ACTIONS = {"subscribe": _subscribe, "unsubscribe": _unsubscribe, "ping": _ping}


def _topic(message: Mapping[str, Any]) -> str:
    topic = subscribable(message.get("topic"))
    if topic is None:
        raise Refusal("invalid-message", 'The topic has to be "public" or "item:" with the id of an item.')
    return topic


def _failure(error: Exception) -> Refusal:
    """Return the answer to what has failed here. It says nothing of the cause: that is in the log."""
    if isinstance(error, Unavailable):
        return Refusal("unavailable", "Too busy at the moment. Try again later.")
    return Refusal("internal-error", "Something went wrong here. The request id finds it in the log.")


def _error(refusal: Refusal, request_id: str) -> Answer:
    return {"type": "error", "code": refusal.code, "detail": refusal.detail, "requestId": request_id}


at_init(partial(read, Settings), partial(connect, "dynamodb"))
