"""What the bus has taken, as its rules would pass it on."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from aws.clients import client
from domain.item_events import ItemEvent, from_bus
from tests.unit.functions.support.cloud import ACCOUNT, ENVIRONMENT


class Bus:
    """Keeps what the bus takes from now on: the entries that its answer gives an id, and no others.

    Parameters
    ----------
    monkeypatch
        Lets go at the end of the test.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.requests: list[list[dict[str, Any]]] = []
        self.envelopes: list[dict[str, Any]] = []
        self._put = client("events").put_events
        monkeypatch.setattr(client("events"), "put_events", self._listen)

    def _listen(self, *, Entries: list[dict[str, Any]]) -> Any:
        answer = self._put(Entries=Entries)
        self.requests.append(Entries)
        for entry, result in zip(Entries, answer["Entries"], strict=True):
            if "EventId" in result:
                self.envelopes.append(_envelope(entry, result["EventId"]))
        return answer

    def events(self) -> list[ItemEvent]:
        """Return the domain events that it has taken, in order."""
        return [from_bus(envelope) for envelope in self.envelopes]


def _envelope(entry: dict[str, Any], event_id: str) -> dict[str, Any]:
    """Return the event of an entry (EventBridge User Guide, "AWS service event metadata")."""
    moment: datetime = entry["Time"]
    return {
        "version": "0",
        "id": event_id,
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": ACCOUNT,
        "time": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "region": ENVIRONMENT["AWS_REGION"],
        "resources": entry["Resources"],
        "detail": json.loads(entry["Detail"]),
    }
