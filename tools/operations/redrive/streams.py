"""Reading a batch again that a stream's mapping has given up."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from tools.operations.redrive.records import NotReplayable, StreamBatch

_PAGES = 20  # a batch is at most 1000 records, and a page holds as many; pages of an open shard may be empty
_GONE = {"TrimmedDataAccessException", "ResourceNotFoundException", "ExpiredIteratorException"}


def read(streams: Any, batch: StreamBatch) -> dict[str, Any]:
    """Return the batch as the event that its function was given.

    Raises
    ------
    NotReplayable
        The stream, which keeps records for 24 hours, has no longer all of them.
    """
    gone = f"the stream no longer has the batch that starts at {batch.start} (records are kept for 24 hours)"
    records: list[dict[str, Any]] = []
    try:
        iterator = streams.get_shard_iterator(
            StreamArn=batch.stream,
            ShardId=batch.shard,
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=batch.start,
        )["ShardIterator"]
        for _ in range(_PAGES):
            page = streams.get_records(ShardIterator=iterator)
            for record in page["Records"]:
                # Sequence numbers grow, and are decimal numbers as text.
                if int(record["dynamodb"]["SequenceNumber"]) <= int(batch.end):
                    records.append(record)
            iterator = page.get("NextShardIterator")
            if len(records) >= batch.size or not iterator:
                break
    except streams.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in _GONE:
            raise
        raise NotReplayable(gone) from None
    if len(records) < batch.size:
        raise NotReplayable(gone)
    return {"Records": [{**_json(record), "eventSourceARN": batch.stream} for record in records]}


def _json(value: Any) -> Any:
    """Return what the SDK has decoded in the form that Lambda passes on: times as seconds, bytes in base 64."""
    if isinstance(value, dict):
        return {key: _json(part) for key, part in value.items()}
    if isinstance(value, list | set | tuple):
        return [_json(part) for part in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.timestamp()
    return value
