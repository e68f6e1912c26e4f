"""One run of a job at a time, and a place to go on from."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from storage import leases
from storage.clients import Unavailable
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import IDEMPOTENCY_TABLE
from tests.unit.functions.support.events import Context

JOB = "job"


def _acquire(holder: str, now: int, seconds: int = 60) -> None:
    leases.acquire(IDEMPOTENCY_TABLE, JOB, holder, seconds=seconds, now=now)


def _held(context: Context, *, now: float = 1000.0, byte: bytes = b"a") -> Any:
    return leases.held(IDEMPOTENCY_TABLE, JOB, context, clock=lambda: now, entropy=lambda count: byte * count)


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


def test_a_run_holds_its_lease_for_as_long_as_it_can_last(application: Application) -> None:
    with _held(Context(remaining_ms=300_000)):
        (row,) = application.idempotency_rows()
        assert int(row["expiration"]["N"]) == 1000 + 300 + leases._MARGIN_SECONDS
        with pytest.raises(leases.LeaseHeld), _held(Context(aws_request_id="another"), byte=b"b"):
            pytest.fail("two runs of one job")
    assert application.idempotency_rows() == []


def test_an_attempt_that_died_with_the_lease_is_not_taken_for_another_run(application: Application) -> None:
    with _held(Context()), pytest.raises(leases.EarlierAttempt), _held(Context(), byte=b"b"):
        pytest.fail("two runs of one job, under one invocation's id")
    assert application.idempotency_rows() == []


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


def test_a_place_is_kept_until_it_is_forgotten(application: Application) -> None:
    assert leases.checkpoint(IDEMPOTENCY_TABLE, JOB) == {}
    leases.keep(IDEMPOTENCY_TABLE, JOB, {"images": "key"}, now=1000)
    assert leases.checkpoint(IDEMPOTENCY_TABLE, JOB) == {"images": "key"}
    assert leases.checkpoint(IDEMPOTENCY_TABLE, "other") == {}
    (row,) = application.idempotency_rows()
    assert json.loads(row["place"]["S"]) == {"images": "key"}
    assert row["expiration"] == {"N": str(1000 + leases.CHECKPOINT_SECONDS)}
    leases.keep(IDEMPOTENCY_TABLE, JOB, {}, now=1000)
    assert leases.checkpoint(IDEMPOTENCY_TABLE, JOB) == {}
    assert application.idempotency_rows() == []


def _unavailable(*_: Any, **__: Any) -> Any:
    raise Unavailable("ThrottlingException")
