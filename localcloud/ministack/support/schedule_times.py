"""Keep the times of past runs across a restart, so that a schedule does not run twice; a part of `event_targets`.

When it stops, MiniStack forgets when each rule and schedule last ran. At the next start, a one-time schedule in the
past runs again, and so does everything with a rate; runs of a cron expression that were due in the meantime are lost.
On AWS (EventBridge Scheduler User Guide, "Schedule types in EventBridge Scheduler") a one-time schedule runs once, and
the service never stops. This module saves the times with the state; of the runs that were due while the emulator was
stopped, one is made at the start.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_STATE_KEY = "local_schedule_times"


def install() -> None:
    """Hook into saving and loading."""
    from ministack import app
    from ministack.services import eventbridge, scheduler

    save, load = app._build_persistence_save_dict, app._load_persisted_state
    stores = {"rules": eventbridge._rule_last_fired, "schedules": scheduler._schedule_last_fired}

    def saving() -> dict[str, Callable[[], object]]:
        return {**save(), _STATE_KEY: lambda: {name: _listed(store) for name, store in stores.items()}}

    def loading() -> None:
        load()
        saved = app.load_state(_STATE_KEY) or {}
        for name, store in stores.items():
            store.update({tuple(key): fired for key, fired in saved.get(name, [])})

    app._build_persistence_save_dict, app._load_persisted_state = saving, loading


def _listed(store: dict[tuple[str, ...], Any]) -> list[Any]:
    return [[list(key), fired] for key, fired in list(store.items())]
