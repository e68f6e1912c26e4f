"""The recorded events are complete, tell one story, and name nobody."""

from __future__ import annotations

import hashlib
import json
import re

import pytest

from aws.items.stream import change_of
from domain.item_changes import event_of
from domain.item_events import KINDS, detail, from_bus
from domain.items import SETTABLE
from domain.json_text import to_json
from tests.unit.functions.support.events import EVENTS, recorded

TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(EVENTS.glob("*.json"))}


def test_every_recorded_event_is_explained() -> None:
    table = (EVENTS / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"`(\w+)\.json`", table)) == sorted(TEXTS)


@pytest.mark.parametrize("name", TEXTS)
def test_a_recorded_event_names_nobody(name: str) -> None:
    accounts = re.findall(r"(?::|-|\")([0-9]{12})(?::|-|\")", TEXTS[name])
    assert set(accounts) <= {"123456789012"}
    assert set(re.findall(r"\b[a-z]{2}-[a-z]+-\d\b", TEXTS[name])) <= {"eu-west-1"}
    assert set(re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", TEXTS[name])) <= {"203.0.113.17"}


def test_the_queue_has_what_the_stream_has_told() -> None:
    events = [event_of(change_of(record)) for record in recorded("dynamodb_stream")["Records"]]
    envelopes = [json.loads(message["body"]) for message in recorded("sqs_notifications")["Records"]]
    told = [json.loads(to_json(detail(event))) for event in events if event]
    for envelope, detail_ in zip(envelopes, told, strict=False):
        # A property that was added later is not in the recordings.
        later = detail_["item"].keys() - envelope["detail"]["item"].keys()
        assert later <= SETTABLE.keys()
        detail_["item"] = {name: value for name, value in detail_["item"].items() if name not in later}
    assert [envelope["detail"] for envelope in envelopes[:3]] == told
    assert [from_bus(envelope).kind for envelope in envelopes] == list(KINDS)


def test_messages_are_whole() -> None:
    for message in recorded("sqs_notifications")["Records"]:
        body = message["body"].encode()
        assert message["md5OfBody"] == hashlib.md5(body, usedforsecurity=False).hexdigest()
