"""The spreadsheet of a report: no cell of it is a formula, wherever a spreadsheet may see one begin."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduled.report.spreadsheet import COLUMNS, harmless, render_csv
from tests.unit.functions.support.reports import facts

SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"
UNSEEN = " \t\r\n\x00\x0b\u00a0\u00ad\u200b\u200d\u200e\u202e\u2060\u2066\ufeff\u3164"
SEPARATORS = ',;:|^~"`/\\&#()[]{}<>!?*.\uff0c\uff1b'
TEXTS = st.text(st.sampled_from(SIGNS + UNSEEN + SEPARATORS + "ax1\u00e9")) | st.text()


def test_a_spreadsheet_is_csv() -> None:
    text = render_csv([facts(name='Lamp, "large"'), facts(name="two\nlines")])
    assert text.startswith("id,name,category,price,createdAt\r\n")
    assert '"Lamp, ""large"""' in text
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert header == list(COLUMNS)
    assert [row[1] for row in rows] == ['Lamp, "large"', "two\nlines"]
    assert rows[0][3] == "49.9"
    assert render_csv([]) == ",".join(COLUMNS) + "\r\n"


@pytest.mark.parametrize(
    "sign", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", " =", "\u00a0="]
)
def test_no_cell_is_a_formula(sign: str) -> None:
    dangerous = f"{sign}cmd|' /C calc'!A0"
    (_, row) = csv.reader(io.StringIO(render_csv([facts(name=dangerous)]), newline=""))
    assert row[1].startswith(f"'{sign[0]}")
    assert row[1].replace("'", "") == dangerous.replace("'", "")


@given(TEXTS)
def test_no_part_of_a_cell_begins_like_a_formula(text: str) -> None:
    """Whatever a line is split at, and whatever stands before the sign without being seen."""
    for separator in ["\0\0never", *SEPARATORS, "\t", "\n", "\r", "\x0b", "\u2028"]:
        for part in harmless(text).split(separator):
            assert not part.startswith(("\t", "\r", "\n")), (text, separator)
            assert not re.match(rf"[\s{UNSEEN}]*[{SIGNS[:2]}\-{SIGNS[3:]}]", part), (text, separator)


@given(TEXTS, st.sampled_from(SEPARATORS + "\t"))
def test_no_line_has_a_formula_where_another_language_splits_it(text: str, separator: str) -> None:
    """The file as it is, with its quotation marks understood or not."""
    lines = render_csv([facts(name=text)]).split("\r\n")[1:]
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
        rows = csv.reader(lines, delimiter=separator, quoting=quoting, strict=False)
        with contextlib.suppress(csv.Error):  # a quotation mark that is never closed is no file
            for cell in (cell for row in rows for cell in row):
                assert not cell.lstrip().startswith(tuple(SIGNS)), (text, separator)


@given(TEXTS)
def test_a_cell_says_what_it_has_said(text: str) -> None:
    """Nothing is taken away, and nothing but apostrophes is added."""
    assert harmless(text).replace("'", "") == text.replace("'", "")


def test_ordinary_names_stay_as_they_are() -> None:
    for name in (
        "Desk lamp - large",
        "T-shirt, blue",
        "a = b",
        "AC/DC",
        "me@example.com",
        "1+1",
        "it's",
        "\u00e9t\u00e9",
    ):
        assert harmless(name) == name
    assert harmless("x;=1+1") == "x;'=1+1"
    assert harmless("lamp =1+1") == "lamp '=1+1"


def test_prices_stay_numbers() -> None:
    (_, row) = csv.reader(io.StringIO(render_csv([facts(price=Decimal("12.50"))]), newline=""))
    assert float(row[3]) == 12.5
