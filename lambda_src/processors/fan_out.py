"""One event to every connection that it concerns: bounded in number and in time, and no connection holds up another."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain

from aws.connections.pushing import fits, push
from aws.connections.rows import Connection, of_topic
from aws.connections.slots import forget
from domain.callers import Caller
from domain.item_events import ItemEvent
from domain.notices import bare_notice, notice_for, topics_of
from domain.times import rfc3339

# With more connections than this to tell, a queue per topic is wanted, and not a loop.
MOST_PUSHES = 500
# Those that are told are chosen from so many. They are read in the order of ids that API Gateway has chosen, so that
# those of one subject are not all among the first.
MOST_ROWS = 10_000
# A push is a wait for API Gateway; the client keeps ten connections to it.
PARALLEL = 8
# API Gateway calls a connection gone until its handshake is answered, which is a little after its row is written.
SETTLING_SECONDS = 3
# As long as the queue tries a message again before its dead-letter queue has it.
RECENT_SECONDS = 900

_DELIVERED = "delivered"
_GONE = "gone"
_FAILED = "failed"
_UNSENT = "unsent"


@dataclass(frozen=True)
class _Push:
    """A message, and whether the connection's handshake is long over."""

    text: str
    settled: bool


@dataclass(frozen=True, kw_only=True)
class Pushes:
    """What became of the pushes of one event.

    Parameters
    ----------
    delivered, gone
        How many connections took the message, and how many were not there; these are forgotten, unless they are so new
        that they may not be there yet.
    failed, unsent
        How many did not take it for another reason, and for how many there was no time.
    cut
        Whether there are more connections than may be told.
    error
        One of the failures.
    """

    delivered: int = 0
    gone: int = 0
    failed: int = 0
    unsent: int = 0
    cut: bool = False
    error: Exception | None = None

    @property
    def complete(self) -> bool:
        """Whether every connection that is there was told."""
        return not (self.failed or self.unsent or self.cut)


def fan_out(
    event: ItemEvent, *, table: str, endpoint: str, now: float, out_of_time: Callable[[], bool] = lambda: False
) -> Pushes:
    """Push an event to each connection that may know of it, once, however many of its topics the event concerns.

    Parameters
    ----------
    event
        What has happened.
    table, endpoint
        The connections table, and the URL of the WebSocket API's stage.
    now
        Seconds since the Unix epoch: rows that have expired by then are passed over.
    out_of_time
        Says when to begin nothing more.

    Raises
    ------
    Unavailable
        The table does not answer. Nothing has been pushed then.
    """
    # Not every event concerns somebody who is connected.
    from concurrent.futures import ThreadPoolExecutor

    pushes, cut = _pushes(event, table, now, out_of_time)
    errors: list[Exception] = []

    def tell(connection_id: str) -> str:
        if out_of_time():
            return _UNSENT
        try:
            if push(endpoint, connection_id, pushes[connection_id].text):
                return _DELIVERED
            if pushes[connection_id].settled:
                forget(table, connection_id)
        except Exception as error:
            errors.append(error)
            return _FAILED
        return _GONE

    if not pushes:
        return Pushes(cut=cut)
    with ThreadPoolExecutor(max_workers=min(PARALLEL, len(pushes))) as pool:
        counts = Counter(pool.map(tell, pushes))
    return Pushes(
        delivered=counts[_DELIVERED],
        gone=counts[_GONE],
        failed=counts[_FAILED],
        unsent=counts[_UNSENT],
        cut=cut,
        error=errors[0] if errors else None,
    )


def _pushes(event: ItemEvent, table: str, now: float, out_of_time: Callable[[], bool]) -> tuple[dict[str, _Push], bool]:
    """Return the push to each connection, and whether there are more connections."""
    recent = event.occurred_at >= _before(now, RECENT_SECONDS)
    rows, cut = _rows(event, table, now, out_of_time, recent)
    settled_before = _before(now, SETTLING_SECONDS)
    pushes: dict[str, _Push] = {}
    for row in fairly(rows, event.item["owner"])[:MOST_PUSHES]:
        text = _text(event, row.caller, recent)
        if text is not None:
            pushes[row.connection_id] = _Push(text, row.connected_at < settled_before)
    return pushes, cut or len(rows) > MOST_PUSHES


def _rows(
    event: ItemEvent, table: str, now: float, out_of_time: Callable[[], bool], recent: bool
) -> tuple[list[Connection], bool]:
    """Return a row of each connection that may know of the event, and whether there may be more."""
    found: dict[str, Connection] = {}
    rows = chain.from_iterable(of_topic(table, topic) for topic in topics_of(event))
    for row in rows:
        if out_of_time():
            return list(found.values()), True
        if row.connection_id in found or not row.lives_at(now):
            continue
        if notice_for(event, row.caller, recent=recent) is None:
            continue
        if len(found) == MOST_ROWS:
            return list(found.values()), True
        found[row.connection_id] = row
    return list(found.values()), False


def fairly(rows: Iterable[Connection], owner: str) -> list[Connection]:
    """Return rows in the order of being told: those of the item's owner, then the first of each subject, the second ...

    Nobody is kept from hearing of an event by how many connections somebody else has, and one who does not take their
    messages holds up each round once.
    """
    seen: Counter[str] = Counter()
    ranked: list[tuple[int, Connection]] = []
    for row in rows:
        seen[row.owner] += 1
        ranked.append((0 if row.owner == owner else seen[row.owner], row))
    return [row for _, row in sorted(ranked, key=lambda entry: entry[0])]


def _before(now: float, seconds: int) -> str:
    return rfc3339(int((now - seconds) * 1_000_000_000))


def _text(event: ItemEvent, viewer: Caller, recent: bool) -> str | None:
    notice = notice_for(event, viewer, recent=recent)
    if notice is None:
        return None
    text = json.dumps(notice, separators=(",", ":"))
    return text if fits(text) else json.dumps(bare_notice(event), separators=(",", ":"))
