"""What a schedule has done is not done again after a stop, and what came due meanwhile is; a part of `event_targets`.

MiniStack forgets at a stop when each rule and schedule was last fired: a one-time schedule whose moment has passed is
fired once more at the next start, as is whatever has a rate, and the runs of a cron expression that came due while the
emulator was stopped are lost. On AWS (EventBridge Scheduler User Guide, "Schedule types in EventBridge Scheduler") a
one-time schedule runs once, and nobody can stop the service. Here the times are kept with the state; of the runs that
were due during a stop, one is made at the start.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_STATE_KEY = "local_schedule_times"


def keep() -> None:
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
