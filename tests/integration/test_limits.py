"""What one caller cannot take from others: connections, topics, the order of names, and the cells of a report."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.integration.api import ITEM, Caller, assert_problem
from tests.integration.conftest import eventually
from tests.integration.listeners import socket
from tools.access.listing import everything

pytestmark = pytest.mark.needs("authorizer")
# The defaults of variables.tf, and of the messages' function.
MOST_CONNECTIONS = 20
MOST_TOPICS = 50


def _open(url: str, token: str) -> ClientConnection | int:
    """Return an open connection, or the status of a refused one."""
    try:
        return connect(url, additional_headers={"Authorization": f"Bearer {token}"}, open_timeout=30, proxy=None)
    except InvalidStatus as refused:
        return refused.response.status_code


@contextmanager
def _at_once(url: str, token: str, number: int) -> Iterator[tuple[list[ClientConnection], Counter[int]]]:
    """Open so many connections at once; yield those that are open, and the statuses of the others."""
    with ThreadPoolExecutor(8) as pool, ExitStack() as closing:
        answers = list(pool.map(lambda _: _open(url, token), range(number)))
        opened = [closing.enter_context(answer) for answer in answers if not isinstance(answer, int)]
        yield opened, Counter(answer for answer in answers if isinstance(answer, int))


@pytest.mark.needs("websocket", "events")
def test_one_caller_has_so_many_connections_and_silences_nobody(
    caller: Callable[..., Caller], outputs: dict[str, Any], aws: Callable[[str], Any]
) -> None:
    crowd, reader, owner = caller(f"crowd-{uuid.uuid4()}"), caller(f"reader-{uuid.uuid4()}"), caller("owner-of-a-lamp")
    url = outputs["websocket_url"]
    with _at_once(url, str(crowd.token), MOST_CONNECTIONS + 10) as (opened, refused):
        assert (len(opened), refused) == (MOST_CONNECTIONS, Counter({429: 10}))
        for connection in opened:
            connection.send('{"action":"subscribe","topic":"public"}')
        with socket(url, str(reader.token)) as his:
            his.send(action="subscribe", topic="public")
            his.until(lambda message: message["type"] == "subscribed")
            item = owner.create(visibility="public")
            his.until(lambda message: message.get("item", {}).get("id") == item["id"])
        assert _open(url, str(crowd.token)) == 429
        opened.pop().close()
        again = eventually(lambda: not isinstance(found := _open(url, str(crowd.token)), int) and found)
        again.close()
    subject = f"slot:{_subject(crowd)}"
    table = aws("dynamodb")
    eventually(lambda: subject not in str(everything(table, "scan", TableName=outputs["connections_table"])))


def _subject(someone: Caller) -> str:
    """Return whose token it is."""
    import jwt

    return str(jwt.decode(str(someone.token), options={"verify_signature": False})["sub"])


@pytest.mark.needs("websocket")
def test_a_connection_follows_so_many_topics_however_fast_it_asks(
    caller: Callable[..., Caller], outputs: dict[str, Any], aws: Callable[[str], Any]
) -> None:
    name = f"follower-{uuid.uuid4()}"
    alice = caller(name)
    with ThreadPoolExecutor(8) as pool:
        items = list(pool.map(lambda _: alice.create()["id"], range(MOST_TOPICS + 8)))
    with socket(outputs["websocket_url"], str(alice.token)) as hers:
        for item in items:
            hers.send(action="subscribe", topic=f"item:{item}")

        def answers() -> Counter[str]:
            return Counter(
                str(message.get("code") or message["type"]) for message in hers.heard if "correlationId" not in message
            )

        hers.until(lambda _: answers().total() == len(items), seconds=60)
        assert answers() == Counter({"subscribed": MOST_TOPICS, "too-many-topics": 8})
        rows = everything(
            aws("dynamodb"),
            "query",
            TableName=outputs["connections_table"],
            KeyConditionExpression="topic = :topic",
            ExpressionAttributeValues={":topic": {"S": f"owner:{name}"}},
        )
        assert len(rows[0]["topics"]["SS"]) == MOST_TOPICS


@pytest.mark.needs("gateway-responses")
def test_a_name_shows_something_and_reorders_nothing(caller: Callable[..., Caller]) -> None:
    alice = caller()
    for name in ("\u200b", "\u2060\ufeff\u00ad", "\u3164", "Lamp\u202egnp.exe", "Lamp\u2067", "a\u0085b"):
        for body in (ITEM | {"name": name}, ITEM | {"tags": [name]}):
            problem = assert_problem(alice.post("/items", body), 400)
            assert problem["errors"][0]["pointer"] in ("/name", "/tags/0"), name
    for name in (
        "\U0001f469\u200d\U0001f4bb",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u05e9\u05dc\u05d5\u05dd\u200f!",
    ):
        assert alice.create(name=name)["name"] == name
