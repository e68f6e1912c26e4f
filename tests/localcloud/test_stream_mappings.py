"""Mappings of DynamoDB streams, with real functions."""

from __future__ import annotations

import json

import pytest

from tests.localcloud.aws import Aws
from tests.localcloud.sources import FAILING, eventually, function, mapping, queue, table
from tools.access.listing import everything

READING = "def handler(event, context):\n    record(event)"
FAILING_ON_BAD = """
def handler(event, context):
    record(event)
    if any(record["dynamodb"]["Keys"]["id"]["S"] == "bad" for record in event["Records"]):
        raise ValueError("bad")
"""


def test_discarded_records_are_reported_and_the_stream_moves_on(aws: Aws) -> None:
    failing, failures, source = function(aws, FAILING_ON_BAD), queue(aws), table(aws)
    source.put("bad")
    settings = {"MaximumRetryAttempts": 2, "DestinationConfig": {"OnFailure": {"Destination": failures.arn}}}
    mapping(aws, source.stream, failing.alias, **settings)
    assert eventually(lambda: len(failing.events) == 3)
    source.put("good")
    assert eventually(lambda: failing.batches == [["bad"]] * 3 + [["good"]])
    (message,) = failures.received
    record = message["body"]
    changed = failing.events[0]["Records"][0]["dynamodb"]
    assert record["version"] == "1.0"
    assert record["requestContext"]["functionArn"] == failing.alias
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "1", "functionError": "Unhandled"}
    batch = record["DDBStreamBatchInfo"]
    assert batch["startSequenceNumber"] == batch["endSequenceNumber"] == changed["SequenceNumber"]
    assert batch["streamArn"] == source.stream
    assert batch["batchSize"] == 1
    shard = {"StreamArn": source.stream, "ShardId": batch["shardId"], "ShardIteratorType": "AT_SEQUENCE_NUMBER"}
    iterator = aws("dynamodbstreams").get_shard_iterator(**shard, SequenceNumber=batch["startSequenceNumber"])
    found = aws("dynamodbstreams").get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    assert found[0]["dynamodb"]["Keys"] == {"id": {"S": "bad"}}, "the record names what can be read again"


def test_records_that_are_too_old_are_reported_and_the_stream_moves_on(aws: Aws) -> None:
    failing, failures, source = function(aws, FAILING_ON_BAD), queue(aws), table(aws)
    source.put("bad")
    settings = {"MaximumRecordAgeInSeconds": 1, "DestinationConfig": {"OnFailure": {"Destination": failures.arn}}}
    mapping(aws, source.stream, failing.alias, **settings)
    message = failures.first()
    assert message is not None
    context = message["body"]["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("RecordAgeExceeded", len(failing.events))
    if failing.events:  # on a busy machine it may be too old before the first attempt
        assert message["body"]["responseContext"]["functionError"] == "Unhandled"
    source.put("good")
    assert eventually(lambda: failing.batches[-1] == ["good"])


def test_halving_finds_the_record_that_fails(aws: Aws) -> None:
    failing, failures, source = function(aws, FAILING_ON_BAD), queue(aws), table(aws)
    source.put("1", "2", "bad", "4")
    settings = {"MaximumRetryAttempts": 0, "DestinationConfig": {"OnFailure": {"Destination": failures.arn}}}
    mapping(aws, source.stream, failing.alias, BisectBatchOnFunctionError=True, **settings)
    expected = [["1", "2", "bad", "4"], ["1", "2"], ["bad", "4"], ["bad"], ["4"]]
    assert eventually(lambda: failing.batches == expected)
    assert [message["body"]["DDBStreamBatchInfo"]["batchSize"] for message in failures.received] == [1]


def test_a_response_counts_only_with_report_batch_item_failures(aws: Aws) -> None:
    code = READING + "\n    return {'batchItemFailures': [{'itemIdentifier': ''}]}"
    answering, source = function(aws, code), table(aws)
    source.put("1")
    mapping(aws, source.stream, answering.alias)
    assert eventually(lambda: answering.batches == [["1"]])
    source.put("2")
    assert eventually(lambda: answering.batches == [["1"], ["2"]])


def test_a_filter_selects_records(aws: Aws) -> None:
    reading, source = function(aws, READING), table(aws)
    source.put("1", "2", "3")
    pattern = json.dumps({"dynamodb": {"Keys": {"id": {"S": ["2", "4"]}}}})
    mapping(aws, source.stream, reading.alias, FilterCriteria={"Filters": [{"Pattern": pattern}]})
    assert eventually(lambda: reading.batches == [["2"]])
    source.put("5", "4")
    assert eventually(lambda: reading.batches == [["2"], ["4"]])


def test_a_slow_function_does_not_delay_other_mappings(aws: Aws) -> None:
    slow = function(aws, "import time\ndef handler(event, context):\n    record(event)\n    time.sleep(9)")
    reading, first, second = function(aws, READING), table(aws), table(aws)
    first.put("1")
    mapping(aws, first.stream, slow.alias)
    assert eventually(lambda: slow.events)
    second.put("2")
    mapping(aws, second.stream, reading.alias)
    assert eventually(lambda: reading.batches == [["2"]], 5)


def test_a_batching_window_collects_a_batch(aws: Aws) -> None:
    reading, source = function(aws, READING), table(aws)
    mapping(aws, source.stream, reading.alias, MaximumBatchingWindowInSeconds=1)
    source.put("1")
    source.put("2")
    assert eventually(lambda: reading.batches == [["1", "2"]])


def test_a_deleted_mapping_stops_retrying(aws: Aws) -> None:
    failing, source = function(aws, FAILING), table(aws)
    source.put("1")
    name = mapping(aws, source.stream, failing.alias)
    assert eventually(lambda: failing.events)
    aws("lambda").delete_event_source_mapping(UUID=name)
    eventually(lambda: False, 1.5)
    before = len(failing.events)
    eventually(lambda: False, 1.5)
    assert len(failing.events) == before


@pytest.mark.parametrize("start", ["TRIM_HORIZON", "LATEST"])
def test_a_recreated_table_is_read_from_its_own_start(aws: Aws, start: str) -> None:
    reading, source = function(aws, READING), table(aws)
    name = mapping(aws, source.stream, reading.alias, StartingPosition=start)
    source.put("1", "2", "3")
    assert eventually(lambda: sum(map(len, reading.batches)) == 3)
    aws("lambda").delete_event_source_mapping(UUID=name)
    aws("dynamodb").delete_table(TableName=source.name)
    again = table(aws, source.name)
    assert again.stream != source.stream
    mapping(aws, again.stream, reading.alias, StartingPosition=start)
    again.put("4")
    assert eventually(lambda: reading.batches[-1] == ["4"])


def test_unread_records_are_read_after_a_restart(aws: Aws) -> None:
    reading, source = function(aws, READING), table(aws)
    name = mapping(aws, source.stream, reading.alias)
    source.put("1")
    assert eventually(lambda: reading.batches == [["1"]])
    aws("lambda").update_event_source_mapping(UUID=name, Enabled=False)
    source.put("2")
    aws.restart()
    assert reading.batches == [["1"]]
    aws("lambda").update_event_source_mapping(UUID=name, Enabled=True)
    source.put("3")
    assert eventually(lambda: reading.batches in ([["1"], ["2"], ["3"]], [["1"], ["2", "3"]]))


def test_a_new_mapping_reads_existing_records_at_once(aws: Aws) -> None:
    for known in everything(aws("lambda"), "list_event_source_mappings"):
        aws("lambda").delete_event_source_mapping(UUID=known["UUID"])
    reading, source = function(aws, READING), table(aws)
    source.put("1")
    eventually(lambda: False, 1.5)
    mapping(aws, source.stream, reading.alias)
    # The poller would sleep for 5 s.
    assert eventually(lambda: reading.batches == [["1"]], 3)
