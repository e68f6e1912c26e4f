"""Asynchronous events that were accepted and are not finished; they survive a clean restart of the emulator.

On AWS an accepted event is in an internal queue of Lambda, which does not depend on callers or functions (Lambda
Developer Guide, "How Lambda handles errors and retries with asynchronous invocation").
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
    """An event to deliver to a function.

    Parameters
    ----------
    function
        ARN of what was invoked, with the qualifier if there was one.
    payload
        The event.
    request_id
        The id of the invocation, the same for every attempt.
    accepted
        When it was accepted, in seconds since 1970.
    invocations
        How often the function was invoked with it and finished.
    waits
        How often delivery waited for the next attempt.
    due
        When the next attempt is due, in seconds since 1970.
    """

    function: str
    payload: Any
    request_id: str
    accepted: float = field(default_factory=time.time)
    invocations: int = 0
    waits: int = 0
    due: float = 0.0


class Accepted:
    """The events that are not finished.

    Parameters
    ----------
    deliver
        Delivers one in its own thread, from its current state.
    """

    def __init__(self, deliver: Callable[[Event], None]) -> None:
        self._deliver = deliver
        self._events: dict[int, Event] = {}
        self._lock = threading.Lock()

    def add(self, event: Event) -> None:
        """Remember an event until `remove`."""
        with self._lock:
            self._events[id(event)] = event

    def remove(self, event: Event) -> None:
        """Forget a finished event."""
        with self._lock:
            self._events.pop(id(event), None)

    def install(self) -> None:
        """Hook into saving, loading and resetting.

        An attempt that a stop interrupts does not count, and is made again.
        """
        from ministack import app

        save, load, reset = app._build_persistence_save_dict, app._load_persisted_state, app._reset_all_state

        def saving() -> dict[str, Callable[[], object]]:
            # Taken before the services: an event that finishes while they are saved is delivered twice rather than
            # never.
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
        """Return whether an event is still to be delivered: a reset forgets all events."""
        return id(event) in self._events

    def _saved(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(event) for event in self._events.values()]

    def _resume(self, app: Any, events: list[Event]) -> None:
        """Deliver the events of an earlier process once functions can call back."""
        for event in events:
            self.add(event)
        while app._ready_scripts_state["status"] != "completed":
            time.sleep(_POLL_S)
        for event in events:
            _log.info("Delivering an event of %s that was accepted before the restart", event.function)
            self._deliver(event)
