"""docs/events.md says what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path

from aws.items.item_records import from_record
from domain.item_changes import changed_properties
from domain.item_events import KINDS, SCHEMA_VERSION, SOURCE, detail, from_bus
from domain.items import representation
from tests.unit.functions.support.events import recorded

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "events.md").read_text(encoding="utf-8")


def _column(heading: str) -> list[str]:
    """Return the code in the first column of the table under this heading."""
    rows = TEXT.partition(f"| {heading} |")[2].partition("\n\n")[0]
    return re.findall(r"^\| `(\w+)` \|", rows, re.MULTILINE)


def test_the_tables_name_every_kind_and_every_field() -> None:
    example = from_bus(json.loads(TEXT.partition("```json\n")[2].partition("```")[0]))
    assert _column("`detail-type`") == list(KINDS)
    assert _column("`detail`") == list(detail(example))


def test_the_example_is_an_event() -> None:
    envelope = json.loads(TEXT.partition("```json\n")[2].partition("```")[0])
    event = from_bus(envelope)
    assert (envelope["source"], event.schema_version) == (SOURCE, SCHEMA_VERSION)
    assert envelope["time"] == f"{event.occurred_at[:19]}Z"
    before = from_record(recorded("dynamodb_stream")["Records"][0]["dynamodb"]["NewImage"])
    # A property that was added later may be missing from the example.
    assert set(event.item) <= set(representation(before))
    after = type(before)(
        **{**vars(before), "price": 45, "version": event.item["version"], "updated_at": event.item["updatedAt"]}
    )
    assert event.changes == changed_properties(before, after)
