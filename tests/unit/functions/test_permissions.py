"""What each function's code really calls is what it is granted: no more, and no less."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path

import pytest

from runtime import settings as environment
from tests.unit.functions.scenarios import changes, images, items, scheduled, websocket
from tests.unit.functions.support.application import MODULES, Application
from tests.unit.functions.support.cloud import without_connections
from tests.unit.functions.support.recorder import Recorder, granted

ROOT = Path(__file__).resolve().parents[3]
# A function's own test may hold its scenario.
TESTS = [
    importlib.import_module(f"tests.unit.functions.{path.stem}")
    for path in sorted(Path(__file__).parent.glob("test_*.py"))
    if "\nSCENARIOS = {" in path.read_text(encoding="utf-8") and path != Path(__file__)
]
SCENARIOS = {
    name: scenario
    for module in (items, images, changes, websocket, scheduled, *TESTS)
    for name, scenario in module.SCENARIOS.items()
}

# What there is no ARN of without the feature `websocket`.
WEBSOCKET_RESOURCES = {"connections_table", "connections_indexes", "websocket_connections"}
WEBSOCKET_FUNCTIONS = set(
    re.findall(
        r"[a-z]+(?:-[a-z]+)+", re.findall(r"^    websocket = \[(.*)\]$", (ROOT / "features.tf").read_text(), re.M)[0]
    )
)
USERS_OF_CONNECTIONS = sorted(
    function
    for function, calls in granted().items()
    if function not in WEBSOCKET_FUNCTIONS and WEBSOCKET_RESOURCES & {resource for _, resource in calls}
)


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


def test_these_use_connections_and_are_there_without_them() -> None:
    assert USERS_OF_CONNECTIONS == ["cleanup-job", "health-checker", "notification-sender"]
    assert {name for name in MODULES if name.startswith("websocket-")} == WEBSOCKET_FUNCTIONS


@pytest.mark.parametrize("function", USERS_OF_CONNECTIONS)
def test_without_a_websocket_api_calls_are_what_is_granted_then(
    events: Application, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    """No right on connections is granted then, none is missed, and no other is left unused."""
    for name in ("CONNECTIONS_TABLE", "WEBSOCKET_ENDPOINT"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("DEPENDENCIES", json.dumps(without_connections()))
    environment.forget()
    rights = {call for call in recorder.granted[function] if call[1] not in WEBSOCKET_RESOURCES}
    monkeypatch.setitem(recorder.granted, function, rights)
    (websocket.WITHOUT.get(function) or SCENARIOS[function])(events)
    assert recorder.calls[function] == rights
