"""Weeks, figures, charts, the page and the spreadsheet: pure functions."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduled.report.charts import Bar, column_chart, describe, row_chart
from scheduled.report.page import LISTED, render_page
from scheduled.report.spreadsheet import render_csv
from scheduled.report.summary import NAMED_CATEGORIES, OTHER_CATEGORIES, PRICE_BOUNDS, price_labels, summarise
from scheduled.report.weeks import NotAWeek, Week, begun_week, week_before
from tests.unit.functions.support.reports import NAMES, WEEK, busy_week, facts

SVG = "{http://www.w3.org/2000/svg}"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "label"),
    [
        ("2026-11-23T00:00:00+00:00", "2026-W47"),
        ("2026-11-22T23:59:59+00:00", "2026-W46"),
        ("2026-11-29T23:59:59+00:00", "2026-W47"),
        ("2026-11-23T00:30:00+01:00", "2026-W46"),
        ("2027-01-04T06:00:00+00:00", "2026-W53"),
        ("2025-01-06T06:00:00+00:00", "2025-W01"),
        ("2024-12-30T06:00:00+00:00", "2024-W52"),
    ],
)
def test_the_week_before_a_moment(moment: str, label: str) -> None:
    assert week_before(datetime.fromisoformat(moment)).label == label


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_the_week_before_has_ended_less_than_a_week_ago(moment: datetime) -> None:
    week = week_before(moment)
    assert timedelta(0) <= moment - week.end < timedelta(days=7)
    assert week.start.weekday() == 0
    assert begun_week(week.label, moment) == week


def test_a_week_has_seven_days() -> None:
    assert (WEEK.start, WEEK.end) == (datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC))
    assert WEEK.days[0] == date(2026, 11, 16)
    assert len(WEEK.days) == 7


@pytest.mark.parametrize(
    "label", ["2026-W49", "2026-W54", "2025-W53", "2026-W00", "2026-47", "2026-w47", "0000-W01", "9999-W52", "", "W47"]
)
def test_what_is_no_week_yet(label: str) -> None:
    with pytest.raises(NotAWeek):
        begun_week(label, NOW)


def test_a_week_begins_at_its_first_moment() -> None:
    with pytest.raises(NotAWeek):
        begun_week("2026-W47", WEEK.start - timedelta(microseconds=1))
    assert begun_week("2026-W47", WEEK.start) == WEEK


def test_a_week_that_goes_on_is_said_to() -> None:
    assert "(UTC), so far</p>" in render_page(summarise(WEEK, [], so_far=True))
    assert "so far" not in render_page(summarise(WEEK, []))


def test_figures() -> None:
    summary = summarise(
        WEEK,
        [
            facts(created_at="2026-11-15T23:59:59.999Z", price=Decimal("9.99"), category="books"),
            facts(created_at="2026-11-16T00:00:00.000Z", price=Decimal(10)),
            facts(created_at="2026-11-22T23:59:59.999Z", price=Decimal(1000), public=False),
            facts(created_at="2026-11-23T00:00:00.000Z", price=Decimal(5)),
        ],
    )
    assert (summary.items, summary.public_items, summary.created_items) == (3, 2, 2)
    assert summary.created == {date(2026, 11, 16): 1, date(2026, 11, 22): 1}
    assert summary.public_value == Decimal("19.99")
    assert summary.average_price == Decimal("10.00")
    assert summary.categories == {"books": 1, "home-office": 2}
    assert summary.prices == [1, 1, 0, 0, 0, 0, 0, 1]
    assert [item.created_at for item in summary.new_public] == ["2026-11-16T00:00:00.000Z"]


def test_nothing_of_a_private_item_but_its_number_leaves() -> None:
    private = facts(id="private-id", name="My diary", category="my-illness", public=False, price=Decimal("31.41"))
    summary = summarise(WEEK, [private, facts()])
    page, spreadsheet = render_page(summary), render_csv(summary.new_public)
    for secret in ("diary", "illness", "private-id", "31.41", "81.31"):
        assert secret not in page
        assert secret not in spreadsheet
    assert summary.named_categories() == [("home-office", 1), (OTHER_CATEGORIES, 1)]
    assert summary.items == 2


def test_categories_are_bounded() -> None:
    items = [facts(category=f"category-{number}") for number in range(NAMED_CATEGORIES + 3) for _ in range(number + 1)]
    named = summarise(WEEK, items).named_categories()
    assert len(named) == NAMED_CATEGORIES + 1
    assert named[0] == (f"category-{NAMED_CATEGORIES + 2}", NAMED_CATEGORIES + 3)
    assert named[-1] == (OTHER_CATEGORIES, 1 + 2 + 3)
    assert sum(count for _, count in named) == len(items)


def test_every_price_has_its_class() -> None:
    assert len(price_labels()) == len(PRICE_BOUNDS) + 1
    for position, bound in enumerate(PRICE_BOUNDS):
        for price, expected in ((Decimal(bound) - Decimal("0.01"), position), (Decimal(bound), position + 1)):
            assert summarise(WEEK, [facts(price=price)]).prices.index(1) == expected


@pytest.mark.parametrize("chart", [column_chart, row_chart])
def test_a_chart_is_drawn_to_scale_and_told_in_words(chart: type[object]) -> None:
    bars = [Bar("a & b", 1), Bar("<c>", 4), Bar("d", 0)]
    svg = ElementTree.fromstring(chart("picture", "Things > others", bars))  # type: ignore[call-arg, arg-type]
    assert svg.get("role") == "img"
    names = [svg.find(f"{SVG}{tag}") for tag in ("title", "desc")]
    assert svg.get("aria-labelledby") == " ".join(str(name.get("id")) for name in names if name is not None)
    assert [name.text for name in names if name is not None] == ["Things > others", describe(bars)]
    sizes = [(float(bar.get("width", 0)), float(bar.get("height", 0))) for bar in svg.iter(f"{SVG}rect")]
    lengths = [height if chart is column_chart else width for width, height in sizes]
    assert lengths[1] == pytest.approx(4 * lengths[0], rel=0.01)
    assert lengths[1] > 100
    assert lengths[2] == 0
    labels = [text.text for text in svg.iter(f"{SVG}text")]
    assert {"a & b", "<c>", "1", "4", "0"} <= set(labels)
    assert all(bar.get("fill") for bar in svg.iter(f"{SVG}rect")), "without CSS there are no bars"


@pytest.mark.parametrize("chart", [column_chart, row_chart])
@pytest.mark.parametrize("bars", [[], [Bar("a", 0)]])
def test_a_chart_of_nothing_says_so(chart: type[object], bars: list[Bar]) -> None:
    svg = ElementTree.fromstring(chart("picture", "Things", bars))  # type: ignore[call-arg, arg-type]
    assert "No items" in [text.text for text in svg.iter(f"{SVG}text")]


def test_a_long_label_is_cut_in_the_picture_alone() -> None:
    label = "x" * 50
    svg = ElementTree.fromstring(row_chart("picture", "Things", [Bar(label, 1)]))
    assert label not in [text.text for text in svg.iter(f"{SVG}text")]
    description = svg.find(f"{SVG}desc")
    assert description is not None
    assert label in str(description.text)


class _Page(HTMLParser):
    """Collects elements, their attributes and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    text = render_page(busy_week())
    page = _Page(text)
    tags = {tag for tag, _ in page.elements}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "image", "use", "a", "form", "base"})
    for _, attributes in page.elements:
        assert not {name for name in attributes if name.startswith("on") or name in ("src", "href", "xlink:href")}
    assert "url(" not in text
    assert "@import" not in text
    policies = [attributes["content"] for tag, attributes in page.elements if "http-equiv" in attributes]
    assert policies == [
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    ]


def test_what_people_write_is_text_on_the_page() -> None:
    summary = summarise(WEEK, [facts(name=name) for name in NAMES])
    page = _Page(render_page(summary))
    assert set(NAMES) <= set(page.words)


def test_a_page_has_all_figures_outside_its_pictures() -> None:
    text = render_page(busy_week())
    without = re.sub(r"<svg.*?</svg>", "", text, flags=re.DOTALL)
    assert without.count("<table>") == 4
    assert "<dt>Items</dt><dd>60</dd>" in without
    assert text.count("<svg") == 3
    identifiers = re.findall(r' id="([^"]+)"', text)
    assert len(identifiers) == len(set(identifiers)) == 9


def test_a_page_of_nothing_is_a_page() -> None:
    text = render_page(summarise(WEEK, []))
    assert text.count("No items</text>") == 3
    assert "None in this week." in text
    assert "<dt>Average price, public</dt><dd>\N{EN DASH}</dd>" in text


def test_a_long_list_is_cut_on_the_page_and_whole_in_the_spreadsheet() -> None:
    summary = summarise(WEEK, [facts(id=str(number), name=f"Item no. {number}") for number in range(LISTED + 1)])
    text = render_page(summary)
    assert text.count("Item no. ") == LISTED
    assert f"The first {LISTED} of {LISTED + 1}." in text
    assert len(render_csv(summary.new_public).splitlines()) == LISTED + 2


def test_the_same_figures_give_the_same_bytes() -> None:
    assert render_page(busy_week()) == render_page(busy_week())
    assert render_page(summarise(Week(2026, 46), [])) != render_page(summarise(WEEK, []))
