"""create-item, killed at any moment while clients repeat their requests: one item for each key."""

from __future__ import annotations

import os
import random
import signal
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from tests.integration.api import ITEM, Caller
from tests.integration.checkout import Checkout
from tests.integration.conftest import eventually
from tools.access.http import Answer

PROCESSES = Path("/proc")
pytestmark = [
    pytest.mark.needs("authorizer", "local-cloud"),
    pytest.mark.skipif(not PROCESSES.is_dir(), reason="processes are found in /proc"),
]


def _workers(root: Path, function: str) -> list[int]:
    """Return the processes of a function in a checkout's local cloud."""
    found = []
    for entry in PROCESSES.glob("[0-9]*"):
        try:
            script = entry.joinpath("cmdline").read_bytes().rstrip(b"\0").rpartition(b"\0")[2].decode()
        except (OSError, UnicodeDecodeError):
            continue
        if script.startswith(f"{root}/") and f"/ministack-lambda-{function}-" in script:
            found.append(int(entry.name))
    return found


def _kill(workers: list[int], killed: list[int]) -> None:
    """Kill these processes, and add the ids of those that were there to `killed`."""
    for pid in workers:
        # It may have ended by itself.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)


def _create(caller: Caller, key: str) -> Answer | None:
    """Ask for an item whose name is the key; nothing for an answer that was lost."""
    try:
        return caller.post("/items", ITEM | {"name": key}, {"Idempotency-Key": key})
    except (OSError, HTTPException):
        return None


def _created(caller: Caller, key: str) -> Answer | None:
    answer = _create(caller, key)
    return answer if answer is not None and answer.status == 201 else None


def _usual_seconds(caller: Caller) -> float:
    """Return how long a request takes here and now."""
    took = []
    for number in range(5):
        started = time.monotonic()
        assert _created(caller, f"usual-{number}") is not None
        took.append(time.monotonic() - started)
    return statistics.median(took)


def _names(caller: Caller) -> Counter[str]:
    names: Counter[str] = Counter()
    query = "?limit=100"
    while True:
        page = caller.get(f"/items{query}").json()
        names.update(item["name"] for item in page["items"])
        if "nextCursor" not in page:
            return names
        query = f"?limit=100&cursor={page['nextCursor']}"


@pytest.mark.parametrize(
    ("moments", "seed"),
    [(4, 0), *(pytest.param(20, seed, marks=pytest.mark.full) for seed in (1, 2))],
)
def test_of_a_request_that_is_repeated_until_it_is_answered_there_is_one_item(
    checkout: Checkout, caller: Callable[..., Caller], outputs: dict[str, Any], moments: int, seed: int
) -> None:
    chance = random.Random(seed)
    dave = caller(f"dave-{seed}")
    function = outputs["functions"]["create-item"]
    usual = _usual_seconds(dave)
    killed = interrupted = 0
    keys = [f"order-{number}" for number in range(moments)]
    for key in keys:
        deaths: list[int] = []
        killer = threading.Timer(chance.uniform(0, 1.2 * usual), _kill, (_workers(checkout.root, function), deaths))
        killer.start()
        first = _create(dave, key)
        killer.join()
        killed += len(deaths)
        interrupted += first is None or first.status != 201
        answers = [eventually(partial(_created, dave, key), seconds=60) for _ in range(2)]
        assert len({answer.body for answer in answers}) == 1
        if first is not None and first.status == 201:
            assert first.body == answers[0].body
    print(f"{moments} moments, {killed} processes killed, {interrupted} answers lost, usually {usual * 1000:.0f} ms")
    names = _names(dave)
    assert {key: names[key] for key in keys} == dict.fromkeys(keys, 1)
    assert killed >= moments / 2, "hardly anything has died"
    if moments >= 20:
        assert interrupted > 0, "every request was over before the function died"
