"""Deletes the rows of connections that are over: a lost `$disconnect`, and a TTL that takes its time."""

from __future__ import annotations

from typing import Any

from aws.clients import error_code
from aws.connections.expired import delete_expired, expired_page
from scheduled.cleanup.counts import Tally
from scheduled.cleanup.sweeps import Sweep


def sweep_connections(table: str, sweep: Sweep, tally: Tally) -> None:
    """Delete expired rows page by page until the end of the table or of the time.

    A row whose deletion fails is counted, and the others go on.

    Parameters
    ----------
    table
        The connections table.
    sweep
        Where to begin, and how long.
    tally
        What has been done, up to date even when this raises.

    Raises
    ------
    Unavailable
        The table does not answer to a read. The next run goes on from the last place that was kept.
    """
    start: dict[str, Any] | None = sweep.place
    while sweep.enough_time():
        page = expired_page(table, now=sweep.now, start=start)
        for key in page.keys:
            # A page that is not done to its end is looked at again: deleting once more does no harm.
            if not sweep.enough_time():
                return
            _delete(table, key, sweep, tally)
        start = page.next
        sweep.keep(start)
        if start is None:
            tally.complete = True
            return


def _delete(table: str, key: dict[str, Any], sweep: Sweep, tally: Tally) -> None:
    tally.looked_at += 1
    if sweep.dry_run:
        tally.would_delete(key["connectionId"]["S"])
        return
    try:
        tally.deleted += delete_expired(table, key, now=sweep.now)
    except Exception as error:
        tally.failed[error_code(error)] += 1
