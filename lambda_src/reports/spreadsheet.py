"""Items as CSV (RFC 4180) that a spreadsheet can open without running what somebody has written.

A cell that begins like a formula is one to a spreadsheet, quoted or not (OWASP, "CSV Injection").
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from domain.item_facts import ItemFacts

COLUMNS = ("id", "name", "category", "price", "createdAt")
# Their full-width forms are signs to spreadsheets of some languages.
_SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_BREAKS = ("\t", "\r", "\n")


def render_csv(items: Iterable[ItemFacts]) -> str:
    """Return a header and a line for each item, lines ended by CR LF."""
    text = io.StringIO()
    writer = csv.writer(text, dialect="excel", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for item in items:
        writer.writerow([item.id, harmless(item.name), harmless(item.category), f"{item.price:f}", item.created_at])
    return text.getvalue()


def harmless(cell: str) -> str:
    """Return text that is no formula: one that might be is led by an apostrophe, which makes it text."""
    dangerous = cell.startswith(_BREAKS) or cell.lstrip().startswith(_SIGNS)
    return f"'{cell}" if dangerous else cell
