"""What is in a table's stream is there after a restart.

MiniStack saves how far each mapping has read, and not the records: after a stop and a start the stream is empty and
begins at 0, while a mapping waits at the old position, so that as many changes as there were before are passed over in
silence. On AWS (DynamoDB Developer Guide, "Change data capture for DynamoDB Streams") a stream keeps its records for
24 hours, whatever happens to its readers. Here the records are saved and loaded with their tables.
"""

from __future__ import annotations

import copy
from typing import Any

_STORES = ("_stream_records", "_stream_trimmed", "_closed_streams")


def apply() -> None:
    """Patch what saves and loads tables."""
    from ministack.services import dynamodb

    save, load = dynamodb.get_state, dynamodb.load_persisted_state

    def saving() -> dict[str, Any]:
        return {**save(), **{name: copy.deepcopy(getattr(dynamodb, name)) for name in _STORES}}

    def loading(data: dict[str, Any]) -> None:
        # Records first: a mapping that finds its table before them would take the stream for empty.
        for name in _STORES:
            getattr(dynamodb, name).update((data or {}).get(name, {}))
        load(data)

    dynamodb.get_state = saving
    dynamodb.load_persisted_state = loading
