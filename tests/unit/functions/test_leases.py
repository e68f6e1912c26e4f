"""One run of a job at a time, and a place to go on from."""

from __future__ import annotations

import json
import time
from contextlib import nullcontext
from typing import Any

import pytest
from botocore.exceptions import ClientError

from aws.clients import Unavailable
from aws.idempotency import leases
from aws.idempotency.steps import REDRIVE_SECONDS
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.clock import Clock
from tests.unit.functions.support.cloud import IDEMPOTENCY_TABLE
from tests.unit.functions.support.events import Context
from tests.unit.functions.support.recorder import Recorder

JOB = "job"


def _acquire(holder: str, now: int, seconds: int = 60) -> None:
    leases.acquire(IDEMPOTENCY_TABLE, JOB, holder, seconds=seconds, now=now)


def _held(context: Context, *, must_run: bool = False) -> Any:
    return leases.held(IDEMPOTENCY_TABLE, JOB, context, must_run=must_run)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_lease_is_given_to_one(application: Application) -> None:
    _acquire("a", 1000)
    with pytest.raises(leases.LeaseHeld) as refused:
        _acquire("b", 1059)
    assert refused.value.holder == "a"
    (row,) = application.idempotency_rows()
    assert row == {"id": {"S": "lease#job"}, "holder": {"S": "a"}, "expiration": {"N": "1060"}}


def test_a_lease_whose_answer_was_lost_is_taken_by_the_repeated_write(application: Application) -> None:
    _acquire("a", 1000)
    _acquire("a", 1000)
    with pytest.raises(leases.LeaseHeld):
        _acquire("b", 1000)


def test_an_expired_lease_is_taken_over(application: Application) -> None:
    _acquire("a", 1000)
    with pytest.raises(leases.LeaseHeld):
        _acquire("b", 1060)
    _acquire("b", 1061)
    assert application.idempotency_rows()[0]["holder"] == {"S": "b"}


def test_a_lease_is_released_by_its_holder_alone(application: Application) -> None:
    _acquire("a", 1000)
    leases.release(IDEMPOTENCY_TABLE, JOB, "b")
    assert len(application.idempotency_rows()) == 1
    leases.release(IDEMPOTENCY_TABLE, JOB, "a")
    assert application.idempotency_rows() == []
    leases.release(IDEMPOTENCY_TABLE, JOB, "a")


def test_jobs_have_leases_of_their_own(application: Application) -> None:
    _acquire("a", 1000)
    leases.acquire(IDEMPOTENCY_TABLE, "other", "a", seconds=60, now=1000)


def test_a_run_keeps_others_away_and_gives_its_lease_back(application: Application) -> None:
    with _held(Context(remaining_ms=300_000)):
        (row,) = application.idempotency_rows()
        assert int(row["expiration"]["N"]) == pytest.approx(time.time() + leases.LEASE_SECONDS, abs=5)
        with pytest.raises(leases.LeaseHeld), _held(Context(aws_request_id="another")):
            pytest.fail("two runs of one job")
    assert application.idempotency_rows() == []


def test_a_run_that_renews_its_lease_keeps_it_for_as_long_as_it_lasts(application: Application, clock: Clock) -> None:
    with _held(Context()) as lease:
        for _ in range(20):
            clock.advance(leases.LEASE_SECONDS - leases.RENEW_SECONDS)
            lease.renew()
            with pytest.raises(leases.LeaseHeld), _held(Context(aws_request_id="another")):
                pytest.fail("two runs of one job")


def test_a_lease_is_not_written_again_at_each_page(application: Application, recorder: Recorder) -> None:
    with _held(Context()) as lease:
        recorder.function = "cleanup-job"
        for _ in range(20):
            lease.renew()
        recorder.function = ""
    assert recorder.calls == {}


def test_a_run_whose_lease_another_has_taken_stops(application: Application, clock: Clock) -> None:
    with _held(Context()) as lease:
        clock.advance(leases.LEASE_SECONDS + 2)
        with _held(Context(aws_request_id="another")), pytest.raises(leases.LeaseLost):
            lease.renew()


@pytest.mark.parametrize(("seconds", "lost"), [(leases.RENEW_SECONDS, False), (leases.LEASE_SECONDS, True)])
def test_a_table_that_does_not_answer_ends_a_lease_only_when_its_time_is_over(
    application: Application, clock: Clock, monkeypatch: pytest.MonkeyPatch, seconds: int, lost: bool
) -> None:
    with _held(Context()) as lease:
        monkeypatch.setattr(leases, "acquire", _unavailable)
        clock.advance(seconds)
        with pytest.raises(leases.LeaseLost) if lost else nullcontext():
            lease.renew()


@pytest.mark.parametrize(
    ("request_id", "must_run"),
    [("the same", False), ("another", True)],
    ids=["a retry of the attempt that died", "an event of the schedule"],
)
def test_what_would_be_lost_waits_for_a_dead_lease(
    application: Application, clock: Clock, request_id: str, must_run: bool
) -> None:
    """Lambda's first retry comes after a minute, with the id of the attempt that died."""
    _acquire("the same/0123456789abcdef", int(time.time()), leases.LEASE_SECONDS)
    clock.advance(60)
    with _held(Context(aws_request_id=request_id, remaining_ms=300_000), must_run=must_run):
        assert clock.ahead <= leases.LEASE_SECONDS + 6
    assert application.idempotency_rows() == []


@pytest.mark.parametrize("remaining_ms", [300_000, 10_000])
def test_what_has_waited_for_half_of_its_time_fails_so_that_lambda_tries_again(
    application: Application, clock: Clock, remaining_ms: int
) -> None:
    _acquire("another", int(time.time()), 900)
    with pytest.raises(leases.StillHeld), _held(Context(remaining_ms=remaining_ms), must_run=True):
        pytest.fail("two runs of one job")
    assert clock.ahead == pytest.approx(remaining_ms / 2000, abs=5)


def test_a_run_that_fails_gives_its_lease_back(application: Application) -> None:
    with pytest.raises(ZeroDivisionError), _held(Context()):
        raise ZeroDivisionError
    assert application.idempotency_rows() == []


def test_a_run_does_not_fail_by_a_lease_that_cannot_be_given_back(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _held(Context()):
        monkeypatch.setattr(leases, "release", _unavailable)
    assert len(application.idempotency_rows()) == 1


def test_what_is_no_condition_is_not_taken_for_one(application: Application) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        leases.acquire("no-such-table", JOB, "a", seconds=60, now=1000)


def test_a_place_is_kept_until_it_is_forgotten(application: Application, clock: Clock) -> None:
    now = int(time.time())
    assert leases.checkpoint(IDEMPOTENCY_TABLE, JOB) == {}
    leases.keep(IDEMPOTENCY_TABLE, JOB, {"images": "key"}, now=now)
    assert leases.checkpoint(IDEMPOTENCY_TABLE, JOB) == {"images": "key"}
    assert leases.checkpoint(IDEMPOTENCY_TABLE, "other") == {}
    (row,) = application.idempotency_rows()
    assert json.loads(row["place"]["S"]) == {"images": "key"}
    assert row["expiration"] == {"N": str(now + REDRIVE_SECONDS)}
    clock.advance(REDRIVE_SECONDS - 60)
    assert leases.checkpoint(IDEMPOTENCY_TABLE, JOB) == {"images": "key"}
    clock.advance(120)
    assert leases.checkpoint(IDEMPOTENCY_TABLE, JOB) == {}, "whether or not the table has deleted it"
    leases.keep(IDEMPOTENCY_TABLE, JOB, {}, now=now)
    assert application.idempotency_rows() == []


def _unavailable(*_: Any, **__: Any) -> Any:
    raise Unavailable("ThrottlingException")
