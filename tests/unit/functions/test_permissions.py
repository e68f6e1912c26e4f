"""What each function's code really calls is what it is granted: no more, and no less."""

from __future__ import annotations

import pytest

from tests.unit.functions.scenarios import changes, images, items, scheduled, websocket
from tests.unit.functions.support.application import MODULES, Application
from tests.unit.functions.support.recorder import Recorder, granted

SCENARIOS = {
    name: scenario
    for module in (items, images, changes, websocket, scheduled)
    for name, scenario in module.SCENARIOS.items()
}


def test_every_function_has_permissions_and_a_scenario() -> None:
    assert set(granted()) == set(SCENARIOS) == set(MODULES)


@pytest.mark.parametrize("function", SCENARIOS)
def test_calls_are_what_is_granted(events: Application, recorder: Recorder, function: str) -> None:
    SCENARIOS[function](events)
    called = recorder.calls.get(function, set())
    assert called - recorder.granted[function] == set(), "called, but not granted"
    assert recorder.granted[function] - called == set(), "granted, but never called"


def test_a_call_without_a_permission_is_noticed(application: Application, recorder: Recorder) -> None:
    recorder.function = "get-item"
    application.rows()
    assert recorder.refused == [("get-item", ("dynamodb:Scan", "items_table"))]
    recorder.reset()
