"""Figures for reports, with what people write into names."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from domain.item_facts import ItemFacts
from scheduled.report.summary import Summary, summarise
from scheduled.report.weeks import Week

WEEK = Week(2026, 47)
# Markup, a formula, an attribute's end, right-to-left text, quotes, a line break
NAMES = (
    "<script>alert(1)</script>",
    '=HYPERLINK("https://evil.unit.example")',
    '"><img src=x onerror=alert(1)>',
    "\u05de\u05e0\u05d5\u05e8\u05d4",
    'Lamp, "large"',
    "two\nlines",
)


def facts(**changes: Any) -> ItemFacts:
    """Return an item of the week, public, with changes."""
    given: dict[str, Any] = {
        "id": "019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a10",
        "name": "Desk lamp",
        "category": "home-office",
        "price": Decimal("49.9"),
        "public": True,
        "created_at": "2026-11-18T10:00:00.000Z",
    }
    return ItemFacts(**given | changes)


def busy_week() -> Summary:
    """Return the figures of a week with items on most days, in many categories and classes of price."""
    items = [
        facts(
            id=f"019ab5c4-7d2e-7a31-9c55-{number:012d}",
            name=NAMES[number % len(NAMES)],
            category=f"category-{number % 15}",
            price=Decimal(number * number),
            public=number % 4 > 0,
            created_at=f"2026-11-{16 + number % 6:02d}T10:00:00.000Z",
        )
        for number in range(60)
    ]
    return summarise(WEEK, items)
