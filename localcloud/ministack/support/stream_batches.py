"""How a stream mapping treats the answer to a batch: what is done, what is retried, what is given up.

The rules of AWS (Lambda Developer Guide, "Configuring partial batch response with DynamoDB and Lambda" and "Retain
discarded records for a DynamoDB event source in Lambda"), without an emulator: batches in, batches out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

FOREVER = -1


@dataclass(frozen=True)
class Batch:
    """Records that a function gets at once, in order.

    Parameters
    ----------
    records
        As the function sees them.
    positions
        Where in the stream each one is.
    retries
        How many of the mapping's retries it has used.
    invocations
        How often the function has had its first record.
    result
        What MiniStack said of the last of them.
    """

    records: tuple[dict[str, Any], ...]
    positions: tuple[int, ...]
    retries: int = 0
    invocations: int = 0
    result: dict[str, Any] | None = None

    def part(self, start: int, end: int | None = None) -> Batch:
        """Return some of its records, with the same history."""
        return replace(self, records=self.records[start:end], positions=self.positions[start:end])


@dataclass(frozen=True)
class Rules:
    """The settings of a mapping, as Lambda's API names them.

    Parameters
    ----------
    retries
        `MaximumRetryAttempts`, or `FOREVER`.
    age_s
        `MaximumRecordAgeInSeconds`, or `FOREVER`.
    bisects
        `BisectBatchOnFunctionError`.
    reports
        Whether `FunctionResponseTypes` has `ReportBatchItemFailures`.
    """

    retries: int
    age_s: int
    bisects: bool
    reports: bool

    @classmethod
    def of(cls, mapping: dict[str, Any]) -> Rules:
        """Return the rules of a mapping as it is kept."""
        retries, age_s = mapping.get("MaximumRetryAttempts"), mapping.get("MaximumRecordAgeInSeconds")
        return cls(
            retries=FOREVER if retries is None else int(retries),
            age_s=FOREVER if age_s is None else int(age_s),
            bisects=bool(mapping.get("BisectBatchOnFunctionError")),
            reports="ReportBatchItemFailures" in (mapping.get("FunctionResponseTypes") or []),
        )


@dataclass(frozen=True)
class Outcome:
    """What follows from an answer.

    Parameters
    ----------
    left
        What is still to be done of the batch, in order.
    discarded
        What is given up.
    waits
        Whether the function failed on what is first now, so that a pause is due.
    """

    left: tuple[Batch, ...] = ()
    discarded: Batch | None = None
    waits: bool = False


def too_old(batch: Batch, rules: Rules, now: float) -> int:
    """Return how many records at its head are older than the mapping takes; `now` in seconds since 1970."""
    if rules.age_s < 0:
        return 0
    count = 0
    for record in batch.records:
        created = (record.get("dynamodb") or {}).get("ApproximateCreationDateTime")
        if created is None or now - float(created) <= rules.age_s:
            break
        count += 1
    return count


def judge(batch: Batch, rules: Rules, result: dict[str, Any]) -> Outcome:
    """Return what follows from a function's answer.

    A throttle takes no retry. Only a function's error halves, where the mapping bisects, and halving takes no retry.
    Where the function names a record, the batch is split there: what is before it is done, and what remains, from that
    record on, is retried whole, even if that is the whole batch.

    Undocumented, and taken to be so: what remains after progress begins its retries anew, and where the mapping
    bisects, that split takes none.

    Parameters
    ----------
    batch
        What the function got.
    rules
        The mapping's.
    result
        MiniStack's: `body`, and `error` and `throttle` where they apply.
    """
    if result.get("throttle"):
        return Outcome(left=(batch,), waits=True)
    batch = replace(batch, invocations=batch.invocations + 1, result=result)
    if result.get("error"):
        if rules.bisects and len(batch.records) > 1:
            middle = len(batch.records) // 2
            return Outcome(left=(batch.part(0, middle), batch.part(middle)))
        return _retried(batch, rules)
    failed = first_failure(batch, result.get("body")) if rules.reports else None
    if failed is None:
        return Outcome()
    if failed:
        rest = replace(batch.part(failed), retries=0, invocations=1)
        return Outcome(left=(rest,)) if rules.bisects else _retried(rest, rules)
    return _retried(batch, rules)


def _retried(batch: Batch, rules: Rules) -> Outcome:
    if 0 <= rules.retries <= batch.retries:
        return Outcome(discarded=batch)
    return Outcome(left=(replace(batch, retries=batch.retries + 1),), waits=True)


def first_failure(batch: Batch, answer: Any) -> int | None:
    """Return the index of the first record that the answer names as failed.

    `None` when all is done: no answer, an empty one, or no failures in it. 0 when the whole batch failed: an answer
    that is no object, or an item without an identifier of this batch.
    """
    if answer is None or answer == {}:
        return None
    if not isinstance(answer, dict):
        return 0
    failures = answer.get("batchItemFailures")
    if failures is None or failures == []:
        return None
    if not isinstance(failures, list):
        return 0
    numbers = [str(record["dynamodb"]["SequenceNumber"]) for record in batch.records]
    named = [str(item.get("itemIdentifier")) if isinstance(item, dict) else "" for item in failures]
    return min(numbers.index(name) for name in named) if all(name in numbers for name in named) else 0
