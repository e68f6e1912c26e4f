"""What a stream mapping does after a response, rule by rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from localcloud.ministack.support.stream_batches import (
    FOREVER,
    Batch,
    Outcome,
    Rules,
    first_failure,
    judge,
    too_old,
)

FAILED = {"error": True, "body": {"errorMessage": "no"}}
RULES = Rules(retries=FOREVER, age_s=FOREVER, bisects=False, reports=True)


def batch(*numbers: int, created: float = 0.0) -> Batch:
    records = tuple(
        {"dynamodb": {"SequenceNumber": str(number), "ApproximateCreationDateTime": created}} for number in numbers
    )
    return Batch(records, numbers)


def named(*identifiers: Any) -> dict[str, Any]:
    return {"body": {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in identifiers]}}


@pytest.mark.parametrize("answer", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}, {"other": "key"}])
def test_no_failures_are_a_success(answer: Any) -> None:
    assert first_failure(batch(1, 2), answer) is None
    assert judge(batch(1, 2), RULES, {"body": answer}) == Outcome()


@pytest.mark.parametrize(
    "answer",
    [
        "text",
        [],
        {"batchItemFailures": "2"},
        {"batchItemFailures": ["2"]},
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"wrongKey": "2"}]},
        {"batchItemFailures": [{"itemIdentifier": "9"}]},
        {"batchItemFailures": [{"itemIdentifier": "2"}, {"itemIdentifier": ""}]},
    ],
)
def test_a_malformed_answer_fails_the_whole_batch(answer: Any) -> None:
    assert first_failure(batch(1, 2), answer) == 0


def test_processing_continues_at_the_lowest_reported_sequence_number() -> None:
    outcome = judge(batch(1, 2, 3, 4), RULES, named("4", "2", "3"))
    assert [left.positions for left in outcome.left] == [(2, 3, 4)]
    assert outcome.waits
    assert outcome.discarded is None


def test_responses_count_only_with_report_batch_item_failures() -> None:
    assert judge(batch(1, 2), replace(RULES, reports=False), named("1")) == Outcome()


def test_a_failing_batch_is_halved_without_using_a_retry() -> None:
    rules = replace(RULES, bisects=True, retries=0)
    outcome = judge(batch(1, 2, 3), rules, FAILED)
    assert [left.positions for left in outcome.left] == [(1,), (2, 3)]
    assert {left.retries for left in outcome.left} == {0}
    assert not outcome.waits
    last = judge(outcome.left[0], rules, FAILED)
    assert last.discarded is not None
    assert last.discarded.positions == (1,)


def test_with_both_settings_the_batch_is_split_at_the_reported_record() -> None:
    rules = replace(RULES, bisects=True, retries=1)
    outcome = judge(batch(1, 2, 3, 4), rules, named("3"))
    assert [(left.positions, left.retries) for left in outcome.left] == [((3, 4), 0)]
    assert [left.positions for left in judge(outcome.left[0], rules, FAILED).left] == [(3,), (4,)]


@pytest.mark.parametrize("identifier", ["1", "", None])
def test_only_a_function_error_bisects(identifier: str | None) -> None:
    """When the first record is reported, or the report is malformed, the whole batch is retried as it is."""
    rules = replace(RULES, bisects=True, retries=1)
    again = judge(batch(1, 2, 3, 4), rules, named(identifier))
    assert [(left.positions, left.retries) for left in again.left] == [((1, 2, 3, 4), 1)]
    assert again.waits
    last = judge(again.left[0], rules, named(identifier))
    assert last.left == ()
    assert last.discarded is not None
    assert last.discarded.positions == (1, 2, 3, 4)


@pytest.mark.parametrize(("retries", "invocations"), [(0, 1), (1, 2), (3, 4)])
def test_a_batch_is_discarded_after_its_retries(retries: int, invocations: int) -> None:
    present, rules = batch(1, 2), replace(RULES, retries=retries)
    for _ in range(invocations - 1):
        (present,) = judge(present, rules, FAILED).left
    outcome = judge(present, rules, FAILED)
    assert outcome.left == ()
    assert outcome.discarded is not None
    assert outcome.discarded.invocations == invocations


def test_without_a_limit_a_batch_is_never_discarded() -> None:
    present = batch(1)
    for _ in range(100):
        (present,) = judge(present, RULES, FAILED).left
    assert present.retries == 100


def test_a_throttle_uses_no_retry() -> None:
    present = batch(1)
    outcome = judge(present, replace(RULES, retries=0), {"throttle": True, "error": True})
    assert outcome == Outcome(left=(present,), waits=True)


def test_only_records_at_the_start_are_too_old() -> None:
    old, new = batch(1, 2, created=100), batch(3, created=200)
    both = Batch(old.records + new.records, (1, 2, 3))
    rules = replace(RULES, age_s=60)
    assert too_old(both, rules, now=160) == 0
    assert too_old(both, rules, now=161) == 2
    assert too_old(both, RULES, now=1e9) == 0


def test_rules_are_read_from_a_mapping() -> None:
    assert Rules.of({}) == Rules(retries=FOREVER, age_s=FOREVER, bisects=False, reports=False)
    mapping = {
        "MaximumRetryAttempts": 0,
        "MaximumRecordAgeInSeconds": 60,
        "BisectBatchOnFunctionError": True,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }
    assert Rules.of(mapping) == Rules(retries=0, age_s=60, bisects=True, reports=True)
