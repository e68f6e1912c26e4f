"""A step is taken once: claimed, taken and remembered, for as long as its event may come back."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from aws.clients import Unavailable, client
from aws.idempotency.key_records import StillInProgress
from aws.idempotency.steps import DAY_SECONDS, REDRIVE_SECONDS, once
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.clock import Clock
from tests.unit.functions.support.cloud import IDEMPOTENCY_TABLE
from tests.unit.functions.support.kills import Killed

ROOT = Path(__file__).resolve().parents[3]
CLAIM_SECONDS = 10


@pytest.fixture
def clock(application: Application, monkeypatch: pytest.MonkeyPatch) -> Clock:
    assert application
    return Clock(monkeypatch)


def _once(action: Any = lambda: None, **parts: Any) -> bool:
    return once(action, table=IDEMPOTENCY_TABLE, scope=["step"], claim_seconds=CLAIM_SECONDS, **parts)


def _die() -> None:
    raise Killed


def test_a_step_is_taken_once(clock: Clock) -> None:
    taken: list[int] = []
    assert [_once(lambda: taken.append(1)) for _ in range(3)] == [True, False, False]
    assert taken == [1]


def test_a_step_that_fails_is_free(clock: Clock) -> None:
    with pytest.raises(ZeroDivisionError):
        _once(lambda: 1 / 0)
    assert _once()


def test_a_step_is_remembered_from_its_last_delivery_on(clock: Clock) -> None:
    assert _once()
    for _ in range(4):
        clock.advance(REDRIVE_SECONDS - 60)
        assert not _once()
    clock.advance(REDRIVE_SECONDS + 60)
    assert _once()


def test_what_was_remembered_lately_is_not_written_again(application: Application, clock: Clock) -> None:
    _once()
    (before,) = application.idempotency_rows()
    clock.advance(DAY_SECONDS / 2)
    assert not _once()
    assert application.idempotency_rows() == [before]


def test_a_record_that_is_deleted_while_it_is_looked_at_is_one_again(
    application: Application, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _once()
    clock.advance(2 * DAY_SECONDS)
    real = client("dynamodb").update_item

    def late(**parameters: Any) -> Any:
        client("dynamodb").delete_item(TableName=IDEMPOTENCY_TABLE, Key=parameters["Key"])
        return real(**parameters)

    monkeypatch.setattr(client("dynamodb"), "update_item", late)
    assert not _once()
    monkeypatch.undo()
    assert not _once()


def test_a_claim_of_a_dead_process_ends(clock: Clock) -> None:
    with pytest.raises(Killed):
        _once(_die)
    with pytest.raises(StillInProgress):
        _once()
    clock.advance(CLAIM_SECONDS + 1)
    assert _once()


@pytest.mark.parametrize(("patience", "taken"), [(CLAIM_SECONDS + 2, True), (CLAIM_SECONDS / 2, False)])
def test_who_has_patience_waits_for_the_end_of_a_claim(clock: Clock, patience: float, taken: bool) -> None:
    with pytest.raises(Killed):
        _once(_die)
    before = clock.ahead
    if taken:
        assert _once(patience_seconds=patience)
    else:
        with pytest.raises(StillInProgress):
            _once(patience_seconds=patience)
    assert clock.ahead - before == pytest.approx(min(patience, CLAIM_SECONDS), abs=2)


def test_who_is_slower_than_its_claim_neither_remembers_nor_frees_what_another_has_claimed(
    application: Application, clock: Clock
) -> None:
    def slow() -> None:
        clock.advance(CLAIM_SECONDS + 1)
        with pytest.raises(Killed):
            _once(_die)

    assert _once(slow)
    with pytest.raises(StillInProgress):
        _once()
    clock.advance(CLAIM_SECONDS + 1)

    def slow_and_failing() -> None:
        slow()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _once(slow_and_failing)
    assert len(application.idempotency_rows()) == 1


def test_a_claim_whose_answer_was_lost_is_ones_own(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    real = client("dynamodb").put_item

    def twice(**parameters: Any) -> Any:
        real(**parameters)
        return real(**parameters)

    monkeypatch.setattr(client("dynamodb"), "put_item", twice)
    assert _once()


@pytest.mark.parametrize("operation", ["update_item", "delete_item"])
def test_what_was_done_counts_more_than_the_note_of_it(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    def busy(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, operation)

    monkeypatch.setattr(client("dynamodb"), operation, busy)
    if operation == "update_item":
        assert _once()
    else:
        with pytest.raises(ZeroDivisionError):
            _once(lambda: 1 / 0)


def test_a_step_that_cannot_be_claimed_is_not_taken(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "PutItem")

    monkeypatch.setattr(client("dynamodb"), "put_item", busy)
    with pytest.raises(Unavailable):
        _once(lambda: pytest.fail("taken"))


def test_a_record_of_powertools_counts(application: Application, clock: Clock) -> None:
    """Both kinds: of a step that was taken, and of one that was begun."""
    _once()
    (row,) = application.idempotency_rows()
    expires = str(int(time.time()) + 3600)
    older = {"id": row["id"], "expiration": {"N": expires}, "validation": {"S": "hash"}}
    until = {"N": str(int((time.time() + 30) * 1000))}
    put = application.dynamodb.put_item
    put(TableName=IDEMPOTENCY_TABLE, Item={**older, "status": {"S": "COMPLETED"}, "data": {"S": "{}"}})
    assert not _once()
    clock.advance(2 * 3600)
    assert not _once(), "from now on it is remembered as long as all others"
    put(TableName=IDEMPOTENCY_TABLE, Item={**older, "status": {"S": "INPROGRESS"}, "in_progress_expiration": until})
    clock.advance(-2 * 3600)
    with pytest.raises(StillInProgress):
        _once()
    clock.advance(31)
    assert _once()


def test_a_step_is_remembered_for_longer_than_its_message_can_stay_away() -> None:
    """In the dead-letter queue until somebody redrives it, and in the queue after that, with a day to spare."""
    queue = (ROOT / "triggers" / "queue" / "variables.tf").read_text(encoding="utf-8")
    [usual] = re.findall(r'^variable "kept_days" \{.*?default +=\s(\d+)$', queue, re.M | re.S)
    [dead] = re.findall(r"= (\d+) \* 24", (ROOT / "triggers" / "queue" / "main.tf").read_text(encoding="utf-8"))
    queues = (ROOT / "triggers" / "sqs-queues.tf").read_text(encoding="utf-8")
    stated = [int(days) for days in re.findall(r"^ +kept_days += (\d+)$", queues, re.M)]
    assert stated, "the queue of failures keeps messages for longer than is usual"
    longest = int(usual) + max(int(dead), *stated) + 1
    assert longest * DAY_SECONDS < REDRIVE_SECONDS
