"""The integration tests' own counts, and where they run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.integration.endpoint import Capabilities, Place, place, unknown
from tests.integration.tally import LACKS, Tally
from tools.checks.capabilities import Finding, Probing


def _tally(ran: int, *skips: str, judged: bool = True) -> Tally:
    tally = Tally("localstack (environment localstack)", judged)
    for _ in range(ran):
        tally.run()
    for reason in skips:
        tally.skip(reason)
    return tally


def test_the_line_counts_skips_by_capability() -> None:
    tally = _tally(7, *[f"('conftest.py', 3, 'Skipped: {LACKS}websocket')"] * 2, f"{LACKS}dlq-redrive-move-task")
    assert tally.line() == (
        "Integration tests on localstack (environment localstack): "
        "7 ran, 3 skipped (70 % ran): websocket 2, dlq-redrive-move-task 1"
    )
    assert tally.too_few() is None


def test_what_this_machine_lacks_is_no_capability() -> None:
    assert _tally(1, "Skipped: no browser").line().endswith("1 ran, 1 skipped (50 % ran): not on this machine 1")


def test_without_skips_there_is_no_list() -> None:
    assert _tally(2).line().endswith(": 2 ran, 0 skipped (100 % ran)")


def test_fewer_than_three_fifths_are_too_few_where_all_were_asked_for() -> None:
    skips = [f"{LACKS}websocket"] * 4
    assert _tally(6, *skips).too_few() is None
    assert _tally(5, *skips).too_few() == (
        "Fewer than 60% of the integration tests ran on localstack (environment localstack)."
    )
    assert _tally(5, *skips, judged=False).too_few() is None


def test_names_that_nobody_probes_are_told() -> None:
    assert unknown(["authorizer", "managed", "autorizer"]) == ["autorizer"]


def _config(monkeypatch: pytest.MonkeyPatch, engine_there: str | None, **options: str | None) -> Place:
    given = {"--engine": "ministack", "--env": None, "--endpoint-url": None} | {
        f"--{name.replace('_', '-')}": text for name, text in options.items()
    }
    monkeypatch.setattr("tests.integration.endpoint.engine_of", lambda _: engine_there)
    return place(cast(pytest.Config, SimpleNamespace(getoption=given.__getitem__)))


def test_what_could_not_start_did_not_run() -> None:
    tally = _tally(1, f"{LACKS}iam")
    tally.fail_to_start()
    tally.fail_to_start()
    assert tally.line().endswith("1 ran, 2 could not start, 1 skipped (25 % ran): iam 1")
    assert tally.too_few() is not None


@pytest.mark.parametrize(
    ("options", "there", "expected"),
    [
        ({}, None, Place("ministack", "local", None)),
        ({"engine": "localstack"}, None, Place("localstack", "localstack", None)),
        ({"engine": "localstack", "env": "dev"}, None, Place("localstack", "dev", None)),
        ({"endpoint_url": "http://h"}, "ministack", Place("ministack", "local", "http://h")),
        ({"endpoint_url": "http://h"}, "localstack", Place("localstack", "localstack", "http://h")),
        ({"endpoint_url": "http://h"}, None, Place(None, "local", "http://h")),
        ({"endpoint_url": "http://h", "env": "localstack"}, None, Place(None, "localstack", "http://h")),
    ],
)
def test_where_the_ring_runs(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], there: str | None, expected: Place
) -> None:
    assert _config(monkeypatch, there, **options) == expected


class _Probed:
    """Probes that are done."""

    def __init__(self, **found: bool) -> None:
        self.found = {name: Finding(has, "" if has else "nothing happens") for name, has in found.items()}

    def wait(self, names: Any, done: Any = None) -> dict[str, Finding]:
        return {name: finding for name, finding in self.found.items() if name in names}

    again = wait


def _capabilities(place: Place, **found: bool) -> Capabilities:
    return Capabilities(place, cast(Probing, _Probed(**found)))


def test_what_is_switched_off_is_missing_like_what_the_endpoint_lacks() -> None:
    seen = _capabilities(Place(None, "local", "http://h"), websocket=True, iam=False)
    seen.look(["websocket", "iam"], lambda _: None)
    on, off = {"websocket_url": "wss://h"}, {"websocket_url": None}
    assert seen.lacks(["websocket"], on) is None
    assert seen.lacks(["websocket"], off) == "websocket"
    assert seen.lacks(["websocket", "iam"], on) == "iam"


@pytest.mark.parametrize(
    ("where", "lacking"),
    [
        (Place("ministack", "local", None), []),
        (Place("ministack", "dev", None), ["local-cloud"]),
        (Place("localstack", "localstack", None), ["local-cloud"]),
        (Place("ministack", "local", "http://h"), ["local-cloud", "managed"]),
    ],
)
def test_what_a_run_offers_besides(where: Place, lacking: list[str]) -> None:
    seen = _capabilities(where)
    assert [name for name in ("local-cloud", "managed") if seen.lacks([name], {})] == lacking


def test_an_engine_of_ours_that_lost_something_ends_the_run_and_another_does_not() -> None:
    shown: list[str] = []
    with pytest.raises(pytest.exit.Exception, match="MiniStack has lost the capability iam: nothing happens") as ended:
        _capabilities(Place("ministack", "local", None), iam=False).look(["iam"], shown.append)
    assert ended.value.returncode == 1
    assert shown[0] == "Capabilities of ministack (environment local)"
    assert [line.split()[:3] for line in shown[2:]] == [["iam", "no", "yes"]]
    _capabilities(Place(None, "local", "http://h"), iam=False).look(["iam"], shown.append)
