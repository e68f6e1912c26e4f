"""Partial batch responses: a failed record is retried, and those that are done are not.

Sources: Lambda Developer Guide, "Implementing partial batch responses" of Amazon SQS and of DynamoDB.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Record = Mapping[str, Any]
Failures = dict[str, list[dict[str, str]]]


def each_message(event: Mapping[str, Any], work: Callable[[Record], None]) -> Failures:
    """Do the work for each message of an SQS event; one that fails holds back no other.

    Parameters
    ----------
    event
        The event of a mapping with `ReportBatchItemFailures`.
    work
        What to do with a message. Whatever it raises makes the message visible again; it has logged why by itself.

    Returns
    -------
    dict
        `batchItemFailures` with the `messageId` of each message that failed.
    """
    failed = [str(record["messageId"]) for record in event["Records"] if not _done(work, record)]
    return _answer(failed)


def each_change(event: Mapping[str, Any], work: Callable[[Record], None]) -> Failures:
    """Do the work for each record of a DynamoDB stream's event, in order, and stop at the first that fails.

    Lambda delivers again from the lowest sequence number that is reported, so going on would only do later changes of
    the same item before an earlier one.

    Returns
    -------
    dict
        `batchItemFailures` with the lowest sequence number of what is not done, if any: that of the record that failed,
        and no other's, unless the batch was out of order.
    """
    records = event["Records"]
    for position, record in enumerate(records):
        if not _done(work, record):
            left = [str(remaining["dynamodb"]["SequenceNumber"]) for remaining in records[position:]]
            return _answer([min(left, key=int)])
    return _answer([])


def _done(work: Callable[[Record], None], record: Record) -> bool:
    try:
        work(record)
    except Exception:
        return False
    return True


def _answer(failed: list[str]) -> Failures:
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}
