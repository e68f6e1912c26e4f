"""Deletes the derivatives of images that no item names any more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from aws.buckets.image_objects import StoredObject, delete_objects, object_page
from aws.clients import error_code
from aws.items.named_objects import named_objects
from domain.uuid7 import canonical
from scheduled.cleanup.counts import Tally
from scheduled.cleanup.sweeps import Sweep

# An image's objects are written before its item names it, and a failed event is tried again for hours.
GRACE = timedelta(hours=24)
_KEY = re.compile(r"images/([^/]+)/([^/]+)/[^/]+", re.ASCII)


def sweep_derivatives(bucket: str, table: str, sweep: Sweep, tally: Tally) -> None:
    """Delete orphaned objects page by page until the end of the bucket or of the time.

    An object that cannot be deleted is counted, and the others go on.

    Parameters
    ----------
    bucket, table
        The images bucket and the items table.
    sweep
        Where to begin, and how long.
    tally
        What has been done, up to date even when this raises.

    Raises
    ------
    Unavailable
        The bucket or the table does not answer to a read, so that nothing can be said of a page: nothing of it is
        deleted. The next run goes on from the last place that was kept.
    """
    after: str = sweep.place or ""
    while sweep.enough_time():
        page = object_page(bucket, after=after)
        owned = {found.key: owner for found in page.objects if (owner := owner_of(found.key))}
        named = named_objects(table, set(owned.values())) if owned else {}
        keys = list(orphans(page.objects, named, datetime.fromtimestamp(sweep.now, UTC)))
        tally.looked_at += len(page.objects)
        tally.strange += len(page.objects) - len(owned)
        _delete(bucket, keys, sweep, tally)
        if not page.more:
            sweep.keep(None)
            tally.complete = True
            return
        after = page.objects[-1].key
        sweep.keep(after)


def owner_of(key: str) -> str | None:
    """Return the id of the item that an object belongs to, or nothing for a strange key."""
    match = _KEY.fullmatch(key)
    return match[1] if match and canonical(match[1]) == match[1] else None


def orphans(objects: Iterable[StoredObject], named: Mapping[str, frozenset[str]], now: datetime) -> Iterable[str]:
    """Return the keys of objects that belong to no item.

    Parameters
    ----------
    objects
        What is in the bucket.
    named
        Item to the keys that it names; no entry for an item that is gone, whose objects go at once.
    now
        Objects younger than a day that their item does not name may be about to be named.
    """
    for found in objects:
        item_id = owner_of(found.key)
        if item_id is None:
            continue
        gone = item_id not in named
        if gone or (found.key not in named[item_id] and now - found.modified > GRACE):
            yield found.key


def _delete(bucket: str, keys: list[str], sweep: Sweep, tally: Tally) -> None:
    if sweep.dry_run:
        for key in keys:
            tally.would_delete(key)
    elif keys:
        try:
            refused = delete_objects(bucket, keys)
        except Exception as error:
            refused = [error_code(error)] * len(keys)
        tally.failed.update(refused)
        tally.deleted += len(keys) - len(refused)
