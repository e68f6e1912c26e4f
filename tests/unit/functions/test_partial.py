"""Partial batch responses: what is reported as failed, and what is still done after a failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from runtime.partial_batches import NothingDone, each_change, each_message


def _work(failing: set[str], done: list[str]) -> Callable[[Mapping[str, Any]], None]:
    def work(record: Mapping[str, Any]) -> None:
        name = record.get("messageId") or record["dynamodb"]["SequenceNumber"]
        done.append(name)
        if name in failing:
            raise ZeroDivisionError

    return work


def _reported(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [entry["itemIdentifier"] for entry in answer["batchItemFailures"]]


def test_a_failed_message_holds_back_no_other() -> None:
    done: list[str] = []
    event = {"Records": [{"messageId": name} for name in "abcd"]}
    assert _reported(each_message(event, _work({"a", "c"}, done))) == ["a", "c"]
    assert done == list("abcd")


@pytest.mark.parametrize(
    ("order", "failing", "reported", "done"),
    [
        (["8", "9", "10"], set(), [], ["8", "9", "10"]),
        (["8", "9", "10"], {"9"}, ["9"], ["8", "9"]),
        (["8"], {"8"}, ["8"], ["8"]),
        (["8", "10", "9"], {"10"}, ["9"], ["8", "10"]),
        (["0008", "0010", "0009"], {"0010"}, ["0009"], ["0008", "0010"]),
    ],
    ids=["all done", "middle", "alone", "later part out of order", "kept as it was written"],
)
def test_a_failed_change_stops_the_batch_and_nothing_undone_is_left_out(
    order: list[str], failing: set[str], reported: list[str], done: list[str]
) -> None:
    seen: list[str] = []
    assert _reported(each_change(_changes(order), _work(failing, seen))) == reported
    assert seen == done


@pytest.mark.parametrize(
    ("order", "failing", "done"),
    [
        (["8", "9", "10"], {"8", "10"}, ["8"]),
        (["10", "8", "9"], {"10"}, ["10"]),
        (["9", "8"], {"8"}, ["9", "8"]),
    ],
    ids=["first", "lowest behind it", "lowest itself"],
)
def test_a_batch_that_a_report_would_not_split_fails_as_a_whole(
    order: list[str], failing: set[str], done: list[str]
) -> None:
    """The mapping halves it then; a report of its first record would only have all of it delivered again."""
    seen: list[str] = []
    with pytest.raises(NothingDone):
        each_change(_changes(order), _work(failing, seen))
    assert seen == done


def _changes(order: list[str]) -> dict[str, Any]:
    return {"Records": [{"dynamodb": {"SequenceNumber": number}} for number in order]}
