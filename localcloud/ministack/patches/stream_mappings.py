"""A mapping of a DynamoDB stream reports, bisects, retries and gives up as configured.

MiniStack retries a failing batch until its records are too old, and ignores `ReportBatchItemFailures`,
`BisectBatchOnFunctionError`, `MaximumRetryAttempts` and the batching window. It invokes functions in the one thread
that polls every source, so a slow function delays all others. On AWS (Lambda Developer Guide, "Configuring partial
batch response with DynamoDB and Lambda" and "Retain discarded records for a DynamoDB event source in Lambda") each
shard is processed on its own: a failure is retried from the failed record, halved, counted, and finally sent to the
destination while the stream moves on. The patch replaces the poller of DynamoDB streams with one that takes one step at
a time for each mapping, in its own thread; `stream_batches` has the rules. `ParallelizationFactor` is stored and
ignored: batches run one at a time.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from localcloud.ministack.probing import Endpoint
from localcloud.ministack.support import deliveries, stream_batches
from localcloud.ministack.support.stream_batches import Batch, Outcome, Rules

EFFECT = (
    "partial batch responses, bisecting, retries and failure records of DynamoDB stream mappings, each in its "
    "own thread"
)

_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 1.0
_SHARD = "shardId-00000000000000000000-00000000"

_log = logging.getLogger("lambda")


def apply() -> None:
    """Patch the poller of DynamoDB streams."""
    from ministack.core.concurrency import esm_wake
    from ministack.core.responses import request_scope
    from ministack.services import dynamodb, lambda_svc

    poller = _Poller(lambda_svc, dynamodb)
    release, create, update = lambda_svc._release_esm_poll_state, lambda_svc._create_esm, lambda_svc._update_esm

    def polling() -> bool:
        started = False
        for account, region, mapping in lambda_svc._iter_all_esms():
            with request_scope(account, region):
                started = poller.start(mapping) or started
        return started

    def releasing(mapping_id: str) -> None:
        release(mapping_id)
        poller.forget(mapping_id)

    def creating(data: dict[str, Any]) -> Any:
        answer = create(data)
        esm_wake.set()
        return answer

    def updating(mapping_id: str, data: dict[str, Any]) -> Any:
        answer = update(mapping_id, data)
        esm_wake.set()
        return answer

    # Without mappings the poller sleeps for 5 s at a time, and only a new record wakes it.
    lambda_svc._create_esm, lambda_svc._update_esm = creating, updating
    lambda_svc._poll_dynamodb_streams = polling
    lambda_svc._release_esm_poll_state = releasing


class _Poller:
    """Reads records and invokes functions for the mappings; MiniStack keeps and saves the positions."""

    def __init__(self, lambda_svc: Any, dynamodb: Any) -> None:
        self._lambda = lambda_svc
        self._dynamodb = dynamodb
        self._left: dict[str, list[Batch]] = {}
        self._first_seen: dict[str, float] = {}
        self._lock = threading.Lock()

    def forget(self, mapping_id: str) -> None:
        """Forget a deleted mapping."""
        with self._lock:
            self._left.pop(mapping_id, None)
            self._first_seen.pop(mapping_id, None)

    def start(self, mapping: dict[str, Any]) -> bool:
        """Start the next step of a mapping; return whether there was one."""
        name = mapping["UUID"]
        table = self._table(mapping)
        if table is None or not mapping.get("Enabled", True) or self._lambda._esm_inflight.get(name):
            return False
        record, config = self._lambda._get_func_record_for_qualifier(mapping["FunctionName"], mapping.get("Qualifier"))
        if record is None:
            return False
        if not self._left.get(name) and not self._read(mapping, table):
            return False
        if self._left.get(name):
            invoked = self._lambda._execution_record_for_config(
                record, {**config, "FunctionArn": mapping["FunctionArn"]}
            )
            self._lambda._dispatch_esm_batch(name, self._step, mapping, invoked)
        return True

    def _table(self, mapping: dict[str, Any]) -> str | None:
        """Return the table whose current stream the mapping reads, or `None`."""
        source = str(mapping.get("EventSourceArn", ""))
        if ":dynamodb:" not in source or "/stream/" not in source:
            return None
        name = source.partition(":table/")[2].partition("/")[0]
        table = self._dynamodb._tables.get(name)
        return name if table and table.get("LatestStreamArn") == source else None

    def _read(self, mapping: dict[str, Any], table: str) -> bool:
        """Read the next batch; return whether there was anything to read. Records that the filter drops are done."""
        name, size = mapping["UUID"], int(mapping.get("BatchSize") or 100)
        position = self._position(mapping, table)
        read = self._dynamodb.stream_records_since(table, position, size)
        if not read:
            return False
        now, window_s = time.monotonic(), float(mapping.get("MaximumBatchingWindowInSeconds") or 0)
        if len(read) < size and now - self._first_seen.setdefault(name, now) < window_s:
            return False
        self._first_seen.pop(name, None)
        kept = {id(record) for record in self._lambda._apply_filter_criteria(read, mapping)}
        wanted = [(position + index, record) for index, record in enumerate(read) if id(record) in kept]
        if wanted:
            batch = Batch(tuple(record for _, record in wanted), tuple(at for at, _ in wanted))
            with self._lock:
                self._left[name] = [batch]
        self._lambda._dynamodb_stream_positions[name] = wanted[0][0] if wanted else position + len(read)
        return True

    def _position(self, mapping: dict[str, Any], table: str) -> int:
        """Return the position from which the mapping reads, corrected to what the stream still has."""
        first, end = self._dynamodb.stream_start_position(table), self._dynamodb.stream_end_position(table)
        start = first if mapping.get("StartingPosition") == "TRIM_HORIZON" else end
        positions = self._lambda._dynamodb_stream_positions
        # A stored position beyond the end would skip the records that are written next.
        positions[mapping["UUID"]] = int(min(max(int(positions.get(mapping["UUID"], start)), first), end))
        return int(positions[mapping["UUID"]])

    def _step(self, mapping: dict[str, Any], function: dict[str, Any]) -> None:
        """Invoke the function with the first batch that is left, and apply the outcome."""
        rules = Rules.of(mapping)
        left = self._left.get(mapping["UUID"])
        if not left:
            return
        batch = left[0]
        old = stream_batches.too_old(batch, rules, time.time())
        if old:
            self._discard(mapping, function, batch.part(0, old), "RecordAgeExceeded")
            self._settle(mapping, Outcome(left=(batch.part(old),) if old < len(batch.records) else ()), batch)
            return
        result = self._invoke(function, batch)
        outcome = stream_batches.judge(batch, rules, result)
        if outcome.discarded:
            self._discard(mapping, function, outcome.discarded, "RetryAttemptsExhausted")
        self._settle(mapping, outcome, batch)
        mapping["LastProcessingResult"] = "OK" if outcome == Outcome() else "PROBLEM: Function call failed"
        if outcome.waits:
            time.sleep(min(_FIRST_WAIT_S * 2 ** min(batch.retries, 10), _LONGEST_WAIT_S))

    def _invoke(self, function: dict[str, Any], batch: Batch) -> dict[str, Any]:
        try:
            result: dict[str, Any] = self._lambda._execute_function(function, {"Records": list(batch.records)})
        except Exception as problem:
            _log.exception("A stream mapping's function could not be started")
            return {"error": True, "body": {"errorMessage": str(problem)}}
        return result

    def _settle(self, mapping: dict[str, Any], outcome: Outcome, batch: Batch) -> None:
        """Put what is left of a batch first, and move the position to its first record."""
        name = mapping["UUID"]
        with self._lock:
            behind = self._left.get(name)
            if behind is None:
                return
            left = [*outcome.left, *behind[1:]]
            self._left[name] = left
            self._lambda._dynamodb_stream_positions[name] = left[0].positions[0] if left else batch.positions[-1] + 1

    def _discard(self, mapping: dict[str, Any], function: dict[str, Any], batch: Batch, condition: str) -> None:
        """Send the metadata of discarded records to the mapping's destination."""
        from ministack.core.responses import new_uuid

        destination = ((mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
        if not destination:
            return
        first, last = batch.records[0]["dynamodb"], batch.records[-1]["dynamodb"]
        record = deliveries.record(
            function=mapping["FunctionArn"],
            condition=condition,
            invocations=batch.invocations,
            request_id=new_uuid(),
        )
        if batch.result is not None:
            record["responseContext"] = deliveries.response_context(function["config"], batch.result)
        record["DDBStreamBatchInfo"] = {
            "shardId": _SHARD,
            "startSequenceNumber": first["SequenceNumber"],
            "endSequenceNumber": last["SequenceNumber"],
            "approximateArrivalOfFirstRecord": deliveries.timestamp(first["ApproximateCreationDateTime"], "seconds"),
            "approximateArrivalOfLastRecord": deliveries.timestamp(last["ApproximateCreationDateTime"], "seconds"),
            "batchSize": len(batch.records),
            "streamArn": mapping["EventSourceArn"],
        }
        deliveries.send_record(destination, record)


def probe(aws: Endpoint) -> bool:
    """Report one record of a batch as failed."""
    code = """
def handler(event, context):
    record(event)
    bad = [r["dynamodb"]["SequenceNumber"] for r in event["Records"] if r["dynamodb"]["Keys"]["id"]["S"] == "bad"]
    if bad[:1] == [event["Records"][0]["dynamodb"]["SequenceNumber"]] and len(event["Records"]) > 1:
        raise ValueError("the first of several")
    return {"batchItemFailures": [{"itemIdentifier": number} for number in bad]}
"""
    reporting, failures, source = aws.recording_function(code), aws.queue(), aws.table()
    source.put("1", "bad", "2")
    aws.map_stream(
        source.stream,
        reporting.alias,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        MaximumRetryAttempts=1,
        BisectBatchOnFunctionError=True,
        DestinationConfig={"OnFailure": {"Destination": failures.arn}},
    )
    if not aws.eventually(lambda: reporting.batches[-1:] == [["2"]], 5):
        return False
    records = failures.received
    return len(records) == 1 and records[0]["body"]["DDBStreamBatchInfo"]["batchSize"] == 1
