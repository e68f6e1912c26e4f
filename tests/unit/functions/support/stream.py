"""The items table's stream, and the mapping that delivers it to a function."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from storage.clients import client
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import ITEMS_TABLE

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


def deliver(application: Application, function: str, records: list[Record], retries: int = 3) -> list[Record]:
    """Deliver a batch as the mapping does: again from the lowest failed sequence number, a bounded number of times.

    Returns
    -------
    list
        The records that are left when the retries are used up.
    """
    for _ in range(1 + retries):
        if not records:
            break
        failures = application.run(function, {"Records": records})["batchItemFailures"]
        if not failures:
            return []
        failed = min(int(failure["itemIdentifier"]) for failure in failures)
        records = [record for record in records if int(record["dynamodb"]["SequenceNumber"]) >= failed]
    return records
