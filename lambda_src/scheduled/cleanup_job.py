"""Every day: delete what is left over, the rows of connections that are over and derivatives that no item names."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

from aws.clients import connect
from aws.idempotency.leases import Lease, LeaseHeld, LeaseLost, checkpoint, held, keep
from runtime.context import FunctionSettings, LambdaContext
from runtime.initialisation import at_init
from runtime.logs import logger
from runtime.settings import read
from runtime.work import FAILED, REFUSED, SKIPPED, unit_of_event
from scheduled.cleanup.counts import Tally
from scheduled.cleanup.expired_connections import sweep_connections
from scheduled.cleanup.sweeps import Sweep
from scheduled.cleanup.unnamed_images import sweep_derivatives
from scheduled.jobs import accepted

JOB = "cleanup-job"
_DRY_RUN = "dryRun"
# What a page takes at worst: every call of it at the client's timeout, and tried twice.
RESERVE_MS = 45_000
Work = Callable[[Sweep, Tally], None]


@dataclass(frozen=True, kw_only=True)
class Settings(FunctionSettings):
    """Names of the tables and of the bucket. Without a WebSocket API there is no table of connections."""

    items_table: str
    idempotency_table: str
    images_bucket: str
    connections_table: str = ""


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Clean up, or with `{"dryRun": true}` say what there is to clean up.

    Returns
    -------
    dict
        `outcome`, and the counts of each sweep (`scheduled.cleanup.counts`).

    Raises
    ------
    ForeignEvent
        The event is neither the schedule's nor such a request. Nothing is done.
    Exception
        A sweep could not read what it is about; the other one has run all the same, and both places are kept. Or
        another run was at it for too long. Lambda tries again.
    """
    settings = read(Settings)
    with unit_of_event(settings, kind=JOB, correlation_id=context.aws_request_id) as work:
        scheduled = accepted(event, work, {_DRY_RUN})
        dry_run = event.get(_DRY_RUN, False)
        if not isinstance(dry_run, bool):
            # Whoever writes "yes" wants nothing deleted.
            work.refuse("malformed")
            return {"outcome": REFUSED, "reason": "malformed"}
        try:
            with _lease(settings, context, dry_run, scheduled) as lease:
                tallies, broken = _clean(settings, context, lease)
        except LeaseHeld:
            work.skip("already-running")
            return {"outcome": SKIPPED, "reason": "already-running"}
        counts = {name: tally.counts() for name, tally in tallies.items()}
        work.details |= {"dry_run": dry_run, **counts}
        if broken is not None:
            raise broken
        if any(tally.failed for tally in tallies.values()):
            work.outcome = FAILED
        samples = {"wouldDelete": {name: tally.sample for name, tally in tallies.items()}} if dry_run else {}
        return {"outcome": work.outcome, "dryRun": dry_run, **counts, **samples}


def _lease(
    settings: Settings, context: LambdaContext, dry_run: bool, scheduled: bool
) -> AbstractContextManager[Lease | None]:
    """Return what keeps other runs away; a dry run writes nothing, and disturbs none."""
    if dry_run:
        return nullcontext()
    return held(settings.idempotency_table, JOB, context, must_run=scheduled)


def _clean(
    settings: Settings, context: LambdaContext, lease: Lease | None
) -> tuple[dict[str, Tally], Exception | None]:
    """Run the sweeps, and return their tallies and what has broken one of them. Without a lease, delete nothing."""
    dry_run = lease is None
    table, now = settings.idempotency_table, int(time.time())
    places: dict[str, Any] = {} if dry_run else checkpoint(table, JOB)
    broken: Exception | None = None

    def keep_place(name: str, place: Any) -> None:
        places.pop(name, None)
        if place is not None:
            places[name] = place
        if not dry_run:
            keep(table, JOB, places, now=now)

    sweeps = _sweeps(settings)
    tallies = {name: Tally() for name in sweeps}
    # The first of two has half of the time, so that much to do there never keeps the second from its turn.
    half = (context.get_remaining_time_in_millis() + RESERVE_MS) // 2
    for reserve, (name, work) in zip((half, RESERVE_MS)[-len(sweeps) :], sweeps.items(), strict=True):
        sweep = Sweep(
            dry_run=dry_run,
            now=now,
            enough_time=partial(_enough_time, context, lease, reserve),
            place=places.get(name),
            keep=partial(keep_place, name),
        )
        try:
            work(sweep, tallies[name])
        except LeaseLost:
            raise
        except Exception as error:
            logger().error("sweep failed", exc_info=error, extra={"sweep": name})
            broken = error
    return tallies, broken


def _sweeps(settings: Settings) -> dict[str, Work]:
    """Return the sweeps in their order: of connections only where somebody can be connected."""
    connections: dict[str, Work] = {"connections": partial(sweep_connections, settings.connections_table)}
    images: dict[str, Work] = {"images": partial(sweep_derivatives, settings.images_bucket, settings.items_table)}
    return connections | images if settings.connections_table else images


def _enough_time(context: LambdaContext, lease: Lease | None, reserve_ms: int) -> bool:
    """Say whether there is time for another page, which nobody else must begin meanwhile."""
    if lease is not None:
        lease.renew()
    return context.get_remaining_time_in_millis() > reserve_ms


at_init(partial(read, Settings), partial(connect, "dynamodb"), partial(connect, "s3"))
