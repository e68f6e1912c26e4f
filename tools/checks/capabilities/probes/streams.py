"""What the stream of a DynamoDB table does with the records of a batch, and with items that expire."""

from __future__ import annotations

from typing import Any

from tools.checks.capabilities.workshop import PATIENCE_S, Queue, Workshop, expect

_PARTLY = """
def handler(event, context):
    ids = [record["dynamodb"]["Keys"]["number"]["N"] for record in event["Records"]]
    tell(ids)
    bad = [record for record in event["Records"] if record["dynamodb"]["Keys"]["number"]["N"] == "3"]
    return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]} for record in bad]}
"""
_WHOLLY = """
def handler(event, context):
    ids = [record["dynamodb"]["Keys"]["number"]["N"] for record in event["Records"]]
    tell(ids)
    if "3" in ids:
        raise ValueError("no")
    return {}
"""
_REMOVALS = """
def handler(event, context):
    for record in event["Records"]:
        if record["eventName"] == "REMOVE":
            tell(record.get("userIdentity") or {})
    return {}
"""


def _table(shop: Workshop) -> tuple[str, str]:
    """Make a table with a stream; return its name and the stream's ARN. Items of one key stay in their order."""
    dynamodb, name = shop("dynamodb"), shop.name()
    made = dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "number", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "number", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    shop.undo(dynamodb.delete_table, TableName=name)
    return name, str(made["LatestStreamArn"])


def _put(shop: Workshop, table: str, number: int, **more: Any) -> None:
    shop("dynamodb").put_item(TableName=table, Item={"id": {"S": "one"}, "number": {"N": str(number)}, **more})


def _map(shop: Workshop, stream: str, code: str, inbox: Queue, **settings: Any) -> None:
    """Make a function and send the stream's records to it, from the first on."""
    functions = shop("lambda")
    reads = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": stream}
    mapping = functions.create_event_source_mapping(
        EventSourceArn=stream,
        FunctionName=shop.function(code, reads, inbox=inbox),
        StartingPosition="TRIM_HORIZON",
        BatchSize=10,
        **settings,
    )
    shop.undo(functions.delete_event_source_mapping, UUID=mapping["UUID"])


def partial_stream_batch(shop: Workshop) -> None:
    """Of a batch in which a function reports one record as failed, that one comes again, and none before it."""
    (table, stream), batches = _table(shop), shop.queue()
    for number in (1, 2, 3):
        _put(shop, table, number)
    _map(shop, stream, _PARTLY, batches, FunctionResponseTypes=["ReportBatchItemFailures"], MaximumRetryAttempts=1)
    found = batches.until(lambda found: ["3"] in found or len(found) > 3)
    expect(found, "no record of the stream arrives")
    expect(["3"] in found[1:], f"the batches are {found}")
    expect(sum("1" in batch for batch in found) == 1, f"a record that did not fail comes again: {found}")


def stream_bisect(shop: Workshop) -> None:
    """A batch that fails is halved until the record that fails is alone, and the others pass without it."""
    (table, stream), batches = _table(shop), shop.queue()
    for number in (1, 2, 3):
        _put(shop, table, number)
    _map(shop, stream, _WHOLLY, batches, BisectBatchOnFunctionError=True, MaximumRetryAttempts=3)
    found = batches.until(lambda found: ["3"] in found and any("3" not in each for each in found))
    expect(found, "no record of the stream arrives")
    expect(["3"] in found and any("3" not in batch for batch in found), f"the batches are {found}")


def ttl_expiry(shop: Workshop) -> None:
    """An item whose time is over disappears, and the stream tells that the service removed it."""
    (table, stream), removals = _table(shop), shop.queue()
    expiry = {"AttributeName": "gone", "Enabled": True}
    shop("dynamodb").update_time_to_live(TableName=table, TimeToLiveSpecification=expiry)
    _map(shop, stream, _REMOVALS, removals)
    _put(shop, table, 1, gone={"N": "1"})
    remover = removals.first()
    expect(remover is not None, f"an expired item is still there after {PATIENCE_S:.0f} s")
    expect(remover == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}, f"it was removed by {remover}")
