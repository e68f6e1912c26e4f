"""Asynchronous events that were accepted and have not ended: they outlive a clean stop of the emulator.

On AWS an accepted event is in a queue of Lambda's own, which nothing that happens to a caller or a function empties
(Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation").
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

_STATE_KEY = "local_accepted_events"
_POLL_S = 0.05

_log = logging.getLogger("lambda")


@dataclass
class Event:
    """One event on its way to one function.

    Parameters
    ----------
    function
        ARN of what was invoked, with its qualifier if it had one.
    payload
        The event itself.
    request_id
        The invocation's id, the same for every attempt.
    accepted
        When it was accepted, in seconds since 1970.
    invocations
        How often the function has had it and has ended.
    waits
        How many pauses there were.
    due
        When the next attempt is, in seconds since 1970.
    """

    function: str
    payload: Any
    request_id: str
    accepted: float = field(default_factory=time.time)
    invocations: int = 0
    waits: int = 0
    due: float = 0.0


class Accepted:
    """The events that are on their way.

    Parameters
    ----------
    deliver
        Delivers one, in a thread of its own, whatever became of it before.
    """

    def __init__(self, deliver: Callable[[Event], None]) -> None:
        self._deliver = deliver
        self._events: dict[int, Event] = {}
        self._lock = threading.Lock()

    def add(self, event: Event) -> None:
        """Remember it until `remove`."""
        with self._lock:
            self._events[id(event)] = event

    def remove(self, event: Event) -> None:
        """Forget it: it has ended."""
        with self._lock:
            self._events.pop(id(event), None)

    def install(self) -> None:
        """Hook into saving, loading and resetting.

        An attempt that a stop cuts off counts as none, and is made again.
        """
        from ministack import app

        save, load, reset = app._build_persistence_save_dict, app._load_persisted_state, app._reset_all_state

        def saving() -> dict[str, Callable[[], object]]:
            # Before any service: an event that ends while they are saved is delivered twice rather than never.
            events = self._saved()
            return {**save(), _STATE_KEY: lambda: {"events": events}}

        def loading() -> None:
            load()
            events = [Event(**one) for one in (app.load_state(_STATE_KEY) or {}).get("events", [])]
            if events:
                threading.Thread(target=self._resume, args=(app, events), daemon=True).start()

        def resetting() -> None:
            with self._lock:
                self._events.clear()
            reset()

        app._build_persistence_save_dict, app._load_persisted_state, app._reset_all_state = saving, loading, resetting

    def is_wanted(self, event: Event) -> bool:
        """Return whether it is still on its way: a reset forgets every event."""
        return id(event) in self._events

    def _saved(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(event) for event in self._events.values()]

    def _resume(self, app: Any, events: list[Event]) -> None:
        """Deliver what an earlier process had accepted, once functions can call back."""
        for event in events:
            self.add(event)
        while app._ready_scripts_state["status"] != "completed":
            time.sleep(_POLL_S)
        for event in events:
            _log.info("An event of %s, accepted before the stop, is delivered", event.function)
            self._deliver(event)
