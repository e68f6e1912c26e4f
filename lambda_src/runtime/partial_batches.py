"""Partial batch responses: a failed record is retried, and those that are done are not.

Sources: Lambda Developer Guide, "Implementing partial batch responses" of Amazon SQS and "Configuring partial batch
response with DynamoDB and Lambda".
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


class NothingDone(Exception):
    """The first of several records has failed, so that nothing of the batch is done. The log says why it has failed."""


def each_change(event: Mapping[str, Any], work: Callable[[Record], None]) -> Failures:
    """Do the work for each record of a DynamoDB stream's event, in order, and stop at the first that fails.

    Lambda delivers again from the lowest sequence number that is reported, so going on would only do later changes of
    the same item before an earlier one. It halves a batch at that number, and whole batches when a function fails; so a
    report of the first record would leave the batch as it is, until its retries were used up and all of it went to the
    mapping's failure destination.

    Returns
    -------
    dict
        `batchItemFailures` with the lowest sequence number of what is not done, if any: that of the record that failed,
        and no other's, unless the batch was out of order.

    Raises
    ------
    NothingDone
        The lowest of several would be the first of the batch. The mapping halves the batch, which finds a record that
        always fails.
    """
    records = event["Records"]
    for position, record in enumerate(records):
        if not _done(work, record):
            left = [_number(remaining) for remaining in records[position:]]
            lowest = min(left, key=int)
            if len(records) > 1 and lowest == min(map(_number, records), key=int):
                raise NothingDone
            return _answer([lowest])
    return _answer([])


def _number(record: Record) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def _done(work: Callable[[Record], None], record: Record) -> bool:
    try:
        work(record)
    except Exception:
        return False
    return True


def _answer(failed: list[str]) -> Failures:
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}
