"""Fill a page from a source that may return fewer items than it has read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.items import Item

# A rare category must not make one request read a whole table: the caller goes on with the cursor instead.
MAX_READS = 10
FILTERED_READ = 100


@dataclass(frozen=True)
class Batch:
    """What one read gave. `last_id` is where it stopped; nothing when there is no more to read."""

    items: Sequence[Item]
    last_id: str | None


@dataclass(frozen=True)
class Page:
    """A page of a list. `last_id` is where the next one begins; nothing on the last page."""

    items: Sequence[Item]
    last_id: str | None


class Read(Protocol):
    """One read of a list, newest first."""

    def __call__(self, *, after: str | None, count: int) -> Batch:
        """Return what matches among the next `count` items after the one named."""


def fill_page(read: Read, *, limit: int, after: str | None, filtered: bool) -> Page:
    """Return up to `limit` items, reading on until the page is full, the list ends, or the reads are used up.

    Parameters
    ----------
    read
        One read of the list.
    limit
        How many items the page has at most.
    after
        Id of the last item of the page before.
    filtered
        The source leaves out some of what it reads, so that it pays to read more than are wanted.
    """
    found: list[Item] = []
    position = after
    for _ in range(MAX_READS):
        # One more than wanted tells whether there is a next page, so that none is promised that would be empty.
        wanted = limit + 1 - len(found)
        batch = read(after=position, count=FILTERED_READ if filtered else wanted)
        found.extend(batch.items)
        position = batch.last_id
        if len(found) > limit:
            return Page(found[:limit], found[limit - 1].id)
        if position is None:
            break
    return Page(found, position)
