"""What a name, a tag and a description may be made of: something is seen, and nothing is shown in another order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.errors import InvalidInput
from domain.items import draft_from
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import ITEMS_TABLE
from tests.unit.functions.support.events import INPUT

# One of each kind of which nothing is seen.
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2060\u2064\u2065\u2800\u3000"
    "\u3164\ufe0f\ufeff\uffa0\ufff0\U0001d173\U000e0001\U000e0020\U000e0100\U000e0fff \u00a0\u0301"
)
# Embeddings, overrides, isolates, and what is deprecated for doing such things.
REORDERING = "".join(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x2070))))
CONTROLS = "".join(map(chr, (*range(0x20), *range(0x7F, 0xA0))))
VISIBLE = (
    "\U0001f469\u200d\U0001f4bb",  # a woman with a laptop: three characters joined
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # the flag of England, by tag characters
    "\u2764\ufe0f",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian, with a non-joiner
    "\u0915\u094d\u200d\u0937",  # Devanagari, with a joiner
    "\u05e9\u05dc\u05d5\u05dd\u200f!",  # Hebrew, with a mark that keeps the full stop on its side
    "e\u0301t\u00e9",
    "\u1112\u1161\u11ab",
    "-",
    "\ue000",
)


def _broken(**changes: Any) -> list[tuple[str, str]]:
    try:
        draft_from(INPUT | {"price": Decimal(1)} | changes)
    except InvalidInput as refused:
        return [(error.pointer, error.detail) for error in refused.errors]
    return []


def test_a_label_of_which_nothing_is_seen_is_blank() -> None:
    for character in INVISIBLE:
        for text in (character, character * 9, f" {character}\u200b"):
            for given, pointer in (({"name": text}, "/name"), ({"tags": ["a", text]}, "/tags/1")):
                ((found, detail),) = _broken(**given)
                assert found == pointer, ascii(text)
                assert detail.startswith("must not"), ascii(text)
    assert _broken(name="", tags=[""]) == [("/name", "must not be blank"), ("/tags/0", "must not be blank")]


def test_what_reorders_or_controls_is_refused_everywhere() -> None:
    detail = "must not contain control characters, unpaired surrogates or characters that reorder text"
    for character in REORDERING + CONTROLS + "\ud800\udfff":
        text = f"Lamp{character}x"
        assert _broken(name=text, tags=[text]) == [("/name", detail), ("/tags/0", detail)], ascii(text)
        allowed = character in "\n\r\t"
        assert _broken(description=text) == ([] if allowed else [("/description", detail)]), ascii(text)


@pytest.mark.parametrize("text", VISIBLE)
def test_what_scripts_and_emoji_are_written_with_is_kept(text: str) -> None:
    draft = draft_from({**INPUT, "price": Decimal(1), "name": text, "tags": [text], "description": f"{text}\n\t{text}"})
    assert (draft.name, draft.tags, draft.description) == (text, (text,), f"{text}\n\t{text}")


def test_a_line_separator_is_a_line_break() -> None:
    assert _broken(name="a\u2028b") != []
    assert _broken(description="a\u2028b\u2029c") == []


def test_an_item_of_before_the_rule_can_still_be_read(application: Application) -> None:
    """It is shown as it is, and written again only by its owner, who hears why not."""
    item = application.create({"kind": "user", "sub": "alice", "scope": "items:write", "exp": "4102444800"})
    application.dynamodb.update_item(
        TableName=ITEMS_TABLE,
        Key={"id": {"S": item["id"]}},
        UpdateExpression="SET #name = :name",
        ExpressionAttributeNames={"#name": "name"},
        ExpressionAttributeValues={":name": {"S": "\u202e\u200b"}},
    )
    assert application.call("get_item", item_id=item["id"]).body["name"] == "\u202e\u200b"
    assert application.call("list_items").body["items"][0]["name"] == "\u202e\u200b"
    answer = application.call("update_item", item_id=item["id"], body={**INPUT, "name": "\u202e\u200b"})
    assert answer.body["errors"][0]["pointer"] == "/name"
