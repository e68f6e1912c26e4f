"""The cost tables are what the list of prices says, and its amounts are what the configuration has."""

from __future__ import annotations

import datetime
import json
import re
from typing import Any

import pytest

from tools.docs import costs
from tools.project import find_project

PROJECT = find_project()
ROOT = PROJECT.root
DOCUMENT = costs.load(costs.prices_file(PROJECT))
COUNTED = [
    pytest.param(item, *counted, id=f"{counted[0]} in {counted[1]}")
    for item in DOCUMENT["idle"]
    for counted in item.get("counted", [])
]


def test_the_page_shows_what_the_list_says() -> None:
    """To bring it up to date: python -m tools docs."""
    assert costs.page(PROJECT).read_text(encoding="utf-8") == costs.updated(PROJECT)


@pytest.mark.parametrize(("item", "price", "files", "pattern"), COUNTED)
def test_amounts_are_those_of_the_configuration(item: dict[str, Any], price: str, files: str, pattern: str) -> None:
    texts = [path.read_text(encoding="utf-8") for path in ROOT.glob(files)]
    assert texts
    assert sum(len(re.findall(pattern, text, re.MULTILINE)) for text in texts) == item["parts"][price]


def test_the_list_is_dated_and_every_price_has_its_page() -> None:
    assert isinstance(DOCUMENT["noted"], datetime.date)
    for name, price in DOCUMENT["prices"].items():
        assert price["price"] > 0, name
        assert price["source"].startswith("https://aws.amazon.com/"), name


def test_every_price_is_used_and_every_name_is_a_price() -> None:
    named = {name for item in [*DOCUMENT["idle"], *DOCUMENT["options"]] for name in item["parts"]}
    named |= {item["of"] for item in DOCUMENT["used"]}
    assert named == set(DOCUMENT["prices"])


def test_members_are_the_known_ones() -> None:
    """A comma in a text that is not quoted would cut it short, and make a member of the rest."""
    for kind, allowed in {
        "idle": {"what", "note", "feature", "parts", "environments", "counted"},
        "used": {"what", "of", "feature"},
        "options": {"what", "parts", "feature"},
    }.items():
        for item in DOCUMENT[kind]:
            assert set(item) <= allowed, item


def test_every_feature_that_is_paid_for_is_priced() -> None:
    text = (ROOT / "variables.tf").read_text(encoding="utf-8")
    block = text.partition('variable "features" {')[2].partition("\n}\n")[0]
    features = set(re.findall(r"^    (\w+) += optional\(bool, (?:true|false)\)$", block, re.MULTILINE))
    priced = {item["feature"] for kind in ("idle", "used", "options") for item in DOCUMENT[kind] if "feature" in item}
    assert priced == features


def test_the_health_checks_share_is_that_of_its_memory_and_schedule() -> None:
    block = (ROOT / "functions" / "scheduled.tf").read_text(encoding="utf-8").partition("health-checker = {")[2]
    memory = re.search(r"memory_mb += (\d+)", block)
    assert memory is not None
    [item] = [item for item in DOCUMENT["idle"] if item["what"].startswith("the health check itself")]
    runs = 30 * 24 * 12
    assert re.search(r'schedule += "rate\(5 minutes\)"', block)
    assert item["parts"]["lambda-request"] == runs
    assert item["parts"]["lambda-time"] == round(runs * 0.5 * int(memory[1]) / 1024)


def test_dev_costs_something_while_nobody_calls() -> None:
    assert 3 < costs.idle(DOCUMENT, "dev") < costs.idle(DOCUMENT, "prod")
    said = "\n".join(path.read_text(encoding="utf-8") for path in (*ROOT.glob("docs/**/*.md"), ROOT / "README.md"))
    assert not re.search(r"costs? nothing while (idle|nobody)", said)


def test_amounts_are_read_to_the_cent_or_as_far_as_it_takes() -> None:
    prices = {"a": {"price": 0.5}, "b": {"price": 0.0000004}}
    assert costs.monthly(prices, {"a": 2, "b": 1000000}) == pytest.approx(1.4)
    shown = [costs._amount(dollars) for dollars in (14.6, 1.33334, 0.4, 0.625, 0.0004, 0.023)]
    assert shown == ["14.60", "1.33", "0.40", "0.625", "0.0004", "0.023"]
    assert json.dumps(DOCUMENT, default=str)
