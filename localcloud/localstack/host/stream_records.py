"""A table's stream has the records that AWS would write.

moto writes `"OldImage": {}` in the record of a new item and `"NewImage": {}` in that of a removed one, puts `us-east-1`
for every region, and writes a record for a write that changes nothing. AWS (DynamoDB Developer Guide, "Change data
capture for DynamoDB Streams") has an image only where there was an item, and "if you perform a PutItem or UpdateItem
operation that does not change any data in an item, DynamoDB Streams does not write a stream record for that operation".
"""

from __future__ import annotations

from typing import Any


def apply() -> None:
    """Patch moto's shards and records."""
    from moto.dynamodb.models import table

    stream_record: Any = table.StreamRecord
    shard: Any = table.StreamShard
    record, add = stream_record.__init__, shard.add

    def recording(self: Any, of: Any, *args: Any, **options: Any) -> None:
        record(self, of, *args, **options)
        fix(self.record, region=of.region_name)

    def adding(self: Any, old: Any, new: Any) -> None:
        if old is None or new is None or _content(old) != _content(new):
            add(self, old, new)

    stream_record.__init__ = recording
    shard.add = adding


def fix(record: dict[str, Any], *, region: str) -> None:
    """Remove the images of items that did not exist, and set the region."""
    record["awsRegion"] = region
    for image in ("OldImage", "NewImage"):
        if record["dynamodb"].get(image) == {}:
            del record["dynamodb"][image]


def _content(item: Any) -> Any:
    return item.to_json()["Attributes"]
