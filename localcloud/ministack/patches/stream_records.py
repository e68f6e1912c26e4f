"""A table's stream keeps its records across a restart.

MiniStack saves how far each mapping has read, but not the records: after a restart the stream is empty and starts at 0,
while a mapping waits at its old position, so it silently skips as many changes as there were before. On AWS (DynamoDB
Developer Guide, "Change data capture for DynamoDB Streams") a stream keeps its records for 24 hours, whatever its
readers do. The patch saves and loads the records with their tables.
"""

from __future__ import annotations

import copy
from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "stream records survive a restart"

_STORES = ("_stream_records", "_stream_trimmed", "_closed_streams")


def apply() -> None:
    """Patch the saving and loading of tables."""
    from ministack.services import dynamodb

    save, load = dynamodb.get_state, dynamodb.load_persisted_state

    def saving() -> dict[str, Any]:
        return {**save(), **{name: copy.deepcopy(getattr(dynamodb, name)) for name in _STORES}}

    def loading(data: dict[str, Any]) -> None:
        # Records first: a mapping that finds its table before its records would see an empty stream.
        for name in _STORES:
            getattr(dynamodb, name).update((data or {}).get(name, {}))
        load(data)

    dynamodb.get_state = saving
    dynamodb.load_persisted_state = loading


def probe(aws: Endpoint) -> bool:
    """Write items before and after a restart."""
    reading, source = aws.recording_function("def handler(event, context):\n    record(event)"), aws.table()
    aws.map_stream(source.stream, reading.alias)
    source.put("1", "2")
    if not aws.eventually(lambda: sum(map(len, reading.batches)) == 2):
        return False
    aws.restart()
    source.put("3")
    return aws.eventually(lambda: reading.batches[-1] == ["3"], 4)
