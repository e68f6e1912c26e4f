"""An expired item appears in its table's stream, as removed by the service.

MiniStack removes expired items without a stream record, so what should follow a deletion does not follow an expiry. AWS
(DynamoDB Developer Guide, "DynamoDB Streams and Time to Live") writes a REMOVE record whose `userIdentity` is the
service. The patch replaces MiniStack's sweep, and runs every 2 s instead of every minute, since people wait for it.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from contextvars import ContextVar
from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "an expired item appears in the stream, as removed by the service; items are checked every 2 s"

_SWEEP_S = 2.0
_REAPER = "dynamodb-ttl-reaper"
_SERVICE = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}

_sweeping: ContextVar[bool] = ContextVar("sweeping", default=False)
_log = logging.getLogger("dynamodb")


def apply() -> None:
    """Patch how items are removed and records are built, and start the sweep."""
    from ministack.services import dynamodb

    remove, build = dynamodb._remove_item, dynamodb._build_change_record

    def removing(table: dict[str, Any], partition: str, sort: str) -> Any:
        # MiniStack's own sweep cannot be stopped, so it must not remove anything.
        return None if threading.current_thread().name == _REAPER else remove(table, partition, sort)

    def building(*positional: Any, **named: Any) -> dict[str, Any]:
        record: dict[str, Any] = build(*positional, **named)
        if _sweeping.get():
            record["userIdentity"] = dict(_SERVICE)
        return record

    dynamodb._remove_item = removing
    dynamodb._build_change_record = building
    threading.Thread(target=_sweep_forever, args=(dynamodb,), daemon=True, name="expired-items").start()


def _sweep_forever(dynamodb: Any) -> None:
    _sweeping.set(True)
    while True:
        time.sleep(_SWEEP_S)
        try:
            _sweep(dynamodb, time.time())
        except Exception:
            _log.exception("Expired items could not be removed")


def _sweep(dynamodb: Any, now: float) -> None:
    """Remove items that expired before `now`, in seconds since 1970, from all tables with time to live."""
    from ministack.core.responses import request_scope

    for (account, region, name), setting in dynamodb._ttl_settings.all_items():
        table = dynamodb._tables.get_scoped(account, region, name)
        attribute = setting.get("AttributeName")
        if table is None or not attribute or setting.get("TimeToLiveStatus") != "ENABLED":
            continue
        with request_scope(account, region):
            for partition, items in list(table["items"].items()):
                for sort, item in list(items.items()):
                    if _expires(item.get(attribute)) <= now:
                        with dynamodb._lock:
                            removed = dynamodb._remove_item(table, partition, sort)
                        if removed is not None:
                            dynamodb._emit_stream_event(name, "REMOVE", removed, None)


def _expires(value: Any) -> float:
    """Return the time of expiry, or infinity: as on AWS, only a number counts."""
    with contextlib.suppress(KeyError, TypeError, ValueError):
        return float(value["N"])
    return float("inf")


def probe(aws: Endpoint) -> bool:
    """Write one item that has expired, and one whose attribute is not a number."""
    reading, source = aws.recording_function("def handler(event, context):\n    record(event)"), aws.table()
    aws.map_stream(source.stream, reading.alias)
    expiry = {"AttributeName": "gone", "Enabled": True}
    aws("dynamodb").update_time_to_live(TableName=source.name, TimeToLiveSpecification=expiry)
    expired, kept = {"id": {"S": "old"}, "gone": {"N": "1"}}, {"id": {"S": "kept"}, "gone": {"S": "1"}}
    for item in (expired, kept):
        aws("dynamodb").put_item(TableName=source.name, Item=item)
    if not aws.eventually(lambda: aws.list_all("dynamodb", "scan", TableName=source.name) == [kept], 6):
        return False
    if not aws.eventually(lambda: sum(map(len, reading.batches)) == 3, 3):
        return False
    record = reading.events[-1]["Records"][-1]
    return bool(
        record["eventName"] == "REMOVE"
        and record["dynamodb"]["OldImage"] == expired
        and record["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    )
