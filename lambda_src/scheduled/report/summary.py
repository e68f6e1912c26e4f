"""The figures of a report, gathered item by item in one pass.

Private items count, and stay private: nothing that their owners have written leaves. Their names and prices stand
nowhere, not in a sum either, and a category is named only if a public item is in it too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise

from domain.item_facts import ItemFacts
from scheduled.report.weeks import Week

# Upper bounds of the histogram's classes, each exclusive. Fixed ones, so that weeks can be compared.
PRICE_BOUNDS = (10, 25, 50, 100, 250, 500, 1000)
NAMED_CATEGORIES = 12
# No slug, so that it is no category of somebody's.
OTHER_CATEGORIES = "other categories"


@dataclass(kw_only=True)
class Summary:
    """The figures of a week.

    Parameters
    ----------
    week
        Which week.
    so_far
        Whether the week goes on.
    items, public_items
        Items that existed at its end and still exist, and those of them that are public now.
    public_value
        The sum of the public ones' prices.
    created
        Items created in the week, by day.
    categories
        Items by category. Ask `named_categories` for what may be shown.
    public_categories
        Categories of public items.
    prices
        Items by class of price, one more than there are bounds.
    new_public
        The public items created in the week.
    """

    week: Week
    so_far: bool = False
    items: int = 0
    public_items: int = 0
    public_value: Decimal = Decimal(0)
    created: Counter[date] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    public_categories: set[str] = field(default_factory=set)
    prices: list[int] = field(default_factory=lambda: [0] * (len(PRICE_BOUNDS) + 1))
    new_public: list[ItemFacts] = field(default_factory=list)

    @property
    def created_items(self) -> int:
        """How many items were created in the week."""
        return self.created.total()

    @property
    def average_price(self) -> Decimal | None:
        """The mean price of public items to the cent; nothing without any."""
        return (self.public_value / self.public_items).quantize(Decimal("0.01")) if self.public_items else None

    def named_categories(self) -> list[tuple[str, int]]:
        """Return the largest public categories with their items, and last all other items as one."""
        named = sorted(
            ((name, count) for name, count in self.categories.items() if name in self.public_categories),
            key=lambda entry: (-entry[1], entry[0]),
        )[:NAMED_CATEGORIES]
        rest = self.items - sum(count for _, count in named)
        return [*named, (OTHER_CATEGORIES, rest)] if rest else named


def summarise(week: Week, items: Iterable[ItemFacts], *, so_far: bool = False) -> Summary:
    """Return the figures of a week.

    Parameters
    ----------
    week
        Which week.
    items
        All items in any order. Those created after the week do not count, so that a report made again later differs
        only by what has been changed or deleted since.
    so_far
        Whether the week goes on.
    """
    summary = Summary(week=week, so_far=so_far)
    start, end = _text(week.start.date()), _text(week.end.date())
    for item in items:
        # RFC 3339 in one time zone and of one length sorts as text.
        if item.created_at >= end:
            continue
        _count(summary, item)
        if item.created_at >= start:
            summary.created[date.fromisoformat(item.created_at[:10])] += 1
            if item.public:
                summary.new_public.append(item)
    summary.new_public.sort(key=lambda item: (item.created_at, item.id))
    return summary


def price_labels() -> list[str]:
    """Return the names of the classes of price, from the cheapest."""
    bounds = [f"{bound:,}" for bound in PRICE_BOUNDS]
    between = [f"{low}\N{EN DASH}{high}" for low, high in pairwise(bounds)]
    return [f"below {bounds[0]}", *between, f"{bounds[-1]} and more"]


def _count(summary: Summary, item: ItemFacts) -> None:
    summary.items += 1
    summary.categories[item.category] += 1
    if item.public:
        summary.public_items += 1
        summary.public_value += item.price
        summary.public_categories.add(item.category)
    position = next((i for i, bound in enumerate(PRICE_BOUNDS) if item.price < bound), len(PRICE_BOUNDS))
    summary.prices[position] += 1


def _text(day: date) -> str:
    return f"{day.isoformat()}T00:00:00.000Z"
