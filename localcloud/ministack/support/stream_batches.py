"""What follows from a function's response to a stream batch: what is done, what is retried, and what is discarded.

These are the rules of AWS (Lambda Developer Guide, "Configuring partial batch response with DynamoDB and Lambda" and
"Retain discarded records for a DynamoDB event source in Lambda") as pure functions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

FOREVER = -1


@dataclass(frozen=True)
class Batch:
    """The records of one invocation, in order.

    Parameters
    ----------
    records
        As the function sees them.
    positions
        The position of each record in the stream.
    retries
        How many of the mapping's retries were used.
    invocations
        How often the function was invoked with its first record.
    result
        MiniStack's result of the last invocation.
    """

    records: tuple[dict[str, Any], ...]
    positions: tuple[int, ...]
    retries: int = 0
    invocations: int = 0
    result: dict[str, Any] | None = None

    def part(self, start: int, end: int | None = None) -> Batch:
        """Return some of its records, with the same retries and invocations."""
        return replace(self, records=self.records[start:end], positions=self.positions[start:end])


@dataclass(frozen=True)
class Rules:
    """The settings of a mapping, named as in Lambda's API.

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
        """Return the rules of a stored mapping."""
        retries, age_s = mapping.get("MaximumRetryAttempts"), mapping.get("MaximumRecordAgeInSeconds")
        return cls(
            retries=FOREVER if retries is None else int(retries),
            age_s=FOREVER if age_s is None else int(age_s),
            bisects=bool(mapping.get("BisectBatchOnFunctionError")),
            reports="ReportBatchItemFailures" in (mapping.get("FunctionResponseTypes") or []),
        )


@dataclass(frozen=True)
class Outcome:
    """What follows from a response.

    Parameters
    ----------
    left
        What is left to process, in order.
    discarded
        What is given up.
    waits
        Whether to pause before the next invocation, because the function failed on the first record that is left.
    """

    left: tuple[Batch, ...] = ()
    discarded: Batch | None = None
    waits: bool = False


def too_old(batch: Batch, rules: Rules, now: float) -> int:
    """Return how many records at the start are older than the mapping allows; `now` in seconds since 1970."""
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
    """Return what follows from a function's response.

    A throttle uses no retry. A batch is halved only after a function error, if the mapping bisects, and halving uses no
    retry. When the function reports a record, the batch is split there: the records before it are done, and the rest,
    from that record on, is retried as a whole, even when that is the whole batch.

    Two points are undocumented and assumed: the rest starts with all its retries when records before it are done, and
    if the mapping bisects, that split uses no retry.

    Parameters
    ----------
    batch
        What the function was invoked with.
    rules
        The rules of the mapping.
    result
        MiniStack's result: `body`, and `error` and `throttle` where they apply.
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
    """Return the index of the first record that the response reports as failed.

    `None` when all succeeded: no response, an empty one, or one without failures. 0 when the whole batch failed: the
    response is not an object, or an item has no identifier of this batch.
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
