"""A WebSocket client without a browser: yields what a deployment pushes to a caller, across dropped connections."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tools.access.websocket import connect
from tools.errors import CloudProblem, DeliveryProblem, TerraformProblem

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

# Nothing is pushed after a token has expired, and API Gateway ends a connection after two hours: we renew before.
TOKEN_LIFETIME_S = 7200
_RENEW_S = 7000.0
_PING_S = 240.0  # API Gateway ends a connection on which nothing is sent for ten minutes
_LONGEST_WAIT_S = 30.0
_STEADY_S = 10.0  # a connection that lasted this long did work: the next wait starts from the shortest
_ANSWERS = ("pong", "subscribed", "unsubscribed")


Pushes = Generator[tuple[str, dict[str, Any]], None, None]


class _Dropped(Exception):
    """The connection ended, or could not be opened again."""


@dataclass(frozen=True)
class Clock:
    """Time and chance, for tests to replace."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


def url_of(outputs: dict[str, Any]) -> str:
    """Return the deployment's WebSocket URL, or raise `TerraformProblem`."""
    if not outputs.get("websocket_url"):
        env = outputs.get("environment", "ENV")
        raise TerraformProblem(
            "The deployment has no WebSocket API, so it pushes nothing.",
            f"set features.websocket = true in environments/{env}.tfvars, then python -m tools deploy --env {env}",
        )
    return str(outputs["websocket_url"])


def line(push: dict[str, Any]) -> str:
    """Return a push as one line: time, type, item id, and what has changed."""
    item = push.get("item")
    about = push.get("reason") or ", ".join(push.get("changes") or ())
    name = item.get("id", "") if isinstance(item, dict) else ""
    return "  ".join(part for part in (str(push.get("time", "")), str(push.get("type", "")), str(name), about) if part)


@dataclass
class Watch:
    """One caller's pushes.

    Parameters
    ----------
    token
        Mints a new token for each connection.
    topics
        What to subscribe to beside the caller's own items: `item:ID`, `public`.
    say
        Takes a line about the connection: ready, gone, back.
    seconds
        How long to watch; None for good.
    """

    url: str
    token: Callable[[], str]
    topics: Sequence[str] = ()
    say: Callable[[str], None] = print
    seconds: float | None = None
    clock: Clock = field(default_factory=Clock)
    _connected: bool = field(default=False, init=False)
    _end: float = field(default=float("inf"), init=False)

    def pushes(self) -> Pushes:
        """Yield each push as its text and its JSON values, until the time is over.

        Raises
        ------
        DeliveryProblem
            The first connection cannot be opened, the handshake is refused, or a subscription is.
        """
        if self.seconds is not None:
            self._end = self.clock.now() + self.seconds
        attempt = 0
        while self.clock.now() < self._end:
            opened = self.clock.now()
            try:
                yield from self._session()
                attempt = 0
            except _Dropped as dropped:
                attempt = 1 if self.clock.now() - opened > _STEADY_S else attempt + 1
                # Half of the wait is chance, so that a thousand clients of one restarted server do not come at once.
                wait = min(_LONGEST_WAIT_S, 2.0 ** (attempt - 1)) * (0.5 + self.clock.chance() / 2)
                wait = min(wait, max(0.0, self._end - self.clock.now()))
                self.say(f"the connection is gone ({dropped}); trying again in {wait:.1f} s")
                self.clock.sleep(wait)

    def _session(self) -> Pushes:
        """Yield the pushes of one connection; returns when it should be renewed, or the time is over."""
        from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

        try:
            with connect(self.url, self.token()) as socket:
                for topic in self.topics:
                    socket.send(json.dumps({"action": "subscribe", "topic": topic}))
                if not self.topics:
                    self._ready()
                yield from self._receive(socket)
        except InvalidStatus as error:
            status = error.response.status_code
            if status in (401, 403):
                raise DeliveryProblem(
                    f"The WebSocket API refuses the caller with {status}.", "python -m tools deploy --force"
                ) from None
            self._dropped(f"the handshake was answered with {status}", error)
        except CloudProblem as error:  # no token can be minted while the local cloud starts again
            if not self._connected:
                raise
            raise _Dropped(error.problem) from None
        except ConnectionClosed as error:
            self._dropped(f"closed with {error.rcvd.code if error.rcvd else 'no reason'}", error)
        except (InvalidHandshake, InvalidURI, OSError) as error:
            self._dropped(str(error) or type(error).__name__, error)

    def _dropped(self, why: str, error: Exception) -> None:
        if self._connected:
            raise _Dropped(why) from error
        raise DeliveryProblem(f"{self.url} cannot be connected to: {why}.", "python -m tools deploy") from None

    def _ready(self) -> None:
        what = ", ".join(("the caller's own items", *self.topics))
        self.say(f"connected again: {what}" if self._connected else f"watching {what}")
        self._connected = True

    def _receive(self, socket: ClientConnection) -> Pushes:
        renew = self.clock.now() + _RENEW_S
        awaited = len(self.topics)
        while True:
            now = self.clock.now()
            left = min(self._end, renew) - now
            if left <= 0:
                return
            try:
                text = socket.recv(timeout=min(left, _PING_S), decode=True)
            except TimeoutError:
                if self.clock.now() < min(self._end, renew):
                    socket.send('{"action": "ping"}')
                continue
            push = _decoded(text)
            # Without a type it is not from the application: API Gateway answers by itself when that has failed.
            if push.get("type") in ("error", None):
                self._refused(push)
            elif push.get("type") in _ANSWERS:
                awaited -= push["type"] == "subscribed"
                if push["type"] == "subscribed" and awaited == 0:
                    self._ready()
            else:
                yield text, push

    def _refused(self, push: dict[str, Any]) -> None:
        detail = str(push.get("detail") or push.get("message") or push).rstrip(".")
        problem = f"{push.get('code', 'error')}: {detail}"
        if not self._connected:
            raise DeliveryProblem(
                f"The subscription is refused: {problem}.",
                "python -m tools watch --topic public, or --topic item:ID of an item that the caller may read",
            )
        self.say(f"refused: {problem}")


def _decoded(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"message": f"not a JSON object: {text[:200]}"}
