"""The items table's stream, and the mapping that delivers it to a function."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aws.clients import client
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import ITEMS_TABLE
from tests.unit.functions.support.events import Context

Record = dict[str, Any]


class Stream:
    """The records of what is written to the items table from now on."""

    def __init__(self) -> None:
        specification = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        client("dynamodb").update_table(TableName=ITEMS_TABLE, StreamSpecification=specification)
        table = client("dynamodb").describe_table(TableName=ITEMS_TABLE)["Table"]
        self._streams = client("dynamodbstreams")
        self._arn = table["LatestStreamArn"]

    def records(self) -> list[Record]:
        """Return all records so far, oldest first, as Lambda passes them on: times as numbers."""
        (shard,) = self._streams.describe_stream(StreamArn=self._arn)["StreamDescription"]["Shards"]
        iterator = self._streams.get_shard_iterator(
            StreamArn=self._arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records: list[Record] = self._streams.get_records(ShardIterator=iterator)["Records"]
        for record in records:
            moment: datetime = record["dynamodb"]["ApproximateCreationDateTime"]
            record["dynamodb"]["ApproximateCreationDateTime"] = moment.timestamp()
        return records


def deliver(
    application: Application, function: str, records: list[Record], retries: int = 3, *, context: Context | None = None
) -> list[Record]:
    """Deliver a batch as a mapping does that halves batches and takes reports of failed records.

    Source: Lambda Developer Guide, "Configuring partial batch response with DynamoDB and Lambda": a batch whose
    invocation fails is halved; one of which the function reports a record is split there, and the rest is retried. API
    reference, "CreateEventSourceMapping": splitting takes no retry. Where the report names the first record, nothing is
    split off, and all of the batch is retried and given up as one.

    Returns
    -------
    list
        The records that go to the failure destination when the retries are used up.
    """
    batches = [(records, 0)] if records else []
    given_up: list[Record] = []
    while batches:
        batch, used = batches.pop(0)
        try:
            failures = application.run(function, {"Records": batch}, context)["batchItemFailures"]
        except Exception:
            if len(batch) > 1:
                half = len(batch) // 2
                batches[:0] = [(batch[:half], used), (batch[half:], used)]
                continue
            rest = batch
        else:
            failed = min((int(failure["itemIdentifier"]) for failure in failures), default=None)
            if failed is None:
                continue
            rest = [record for record in batch if int(record["dynamodb"]["SequenceNumber"]) >= failed]
        used = used + 1 if len(rest) == len(batch) else 0
        if used > retries:
            given_up += rest
        else:
            batches.insert(0, (rest, used))
    return given_up
