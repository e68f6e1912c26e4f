"""Items as CSV (RFC 4180) that a spreadsheet can open without running what somebody has written.

A cell that begins like a formula is one to a spreadsheet, quoted or not (OWASP, "CSV Injection"). Where a cell begins
is the spreadsheet's to say: another language's settings split lines at semicolons, and an import dialog at whatever is
chosen, whether that is between quotation marks or not. An import that takes apostrophes for quotation marks is beyond
help: an apostrophe is how a spreadsheet is told that a cell is text.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from domain.item_facts import ItemFacts

COLUMNS = ("id", "name", "category", "price", "createdAt")
# Their full-width forms are signs to spreadsheets of some languages.
_SIGNS = r"=+@\-\uff1d\uff0b\uff20\uff0d"
_BREAKS = r"\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029"
# What may stand before a sign and not be seen: white space, controls, and characters of no width.
_UNSEEN = (
    r"\s\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff"
)
# A cell may begin at the start, and after anything but letters, digits and the signs themselves. Behind a space a sign
# has something to be the sign of: a dash between words is none.
_BEGINNING = re.compile(
    rf"(?:^|(?<=[^\w\s{_SIGNS}])|(?<=[{_BREAKS}]))(?=[{_BREAKS}]|[{_UNSEEN}]*[{_SIGNS}])|(?<=\s)(?=[{_SIGNS}]\S)"
)


def render_csv(items: Iterable[ItemFacts]) -> str:
    """Return a header and a line for each item, lines ended by CR LF."""
    text = io.StringIO()
    writer = csv.writer(text, dialect="excel", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for item in items:
        writer.writerow([item.id, harmless(item.name), harmless(item.category), f"{item.price:f}", item.created_at])
    return text.getvalue()


def harmless(cell: str) -> str:
    """Return text that is no formula, and has none in it for whoever splits it: an apostrophe makes text of it.

    It stands wherever a cell might begin like one: at the start, and after what a line might be split at.
    """
    return _BEGINNING.sub("'", cell)
