"""A report as one HTML page: nothing is loaded from anywhere, and nothing runs in it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from domain.item_facts import ItemFacts
from scheduled.report.charts import Bar, column_chart, row_chart
from scheduled.report.summary import Summary, price_labels

# What the page lists; the CSV file has all of them.
LISTED = 100
# The page may hold what people have written: even a mistake in the escaping then runs and loads nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
:root { color-scheme: light dark; --ink: #1f2937; --soft: #4b5563; --paper: #ffffff; --line: #d1d5db; --bar: #2563eb; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e5e7eb; --soft: #9ca3af; --paper: #111827; --line: #374151; --bar: #60a5fa; }
}
body { margin: 0 auto; padding: 1.5rem; max-width: 44rem; font: 1rem/1.5 system-ui, sans-serif;
  color: var(--ink); background: var(--paper); }
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p, summary, figcaption { color: var(--soft); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1rem; }
dl div { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; }
dt { color: var(--soft); font-size: .85rem; }
dd { margin: 0; font-size: 1.4rem; font-weight: 600; font-variant-numeric: tabular-nums; }
figure { margin: 0; }
svg { max-width: 100%; height: auto; }
svg text { fill: var(--ink); }
svg .bar { fill: var(--bar); }
svg .axis { stroke: var(--line); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .5rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
""".strip()


def render_page(summary: Summary) -> str:
    """Return a report as an HTML document. The same figures give the same text."""
    week = summary.week
    period = f"{week.days[0]:%A}, {week.days[0].isoformat()}, to {week.days[-1]:%A}, {week.days[-1].isoformat()} (UTC)"
    days = [Bar(f"{day:%a} {day.day}", summary.created[day]) for day in week.days]
    categories = [Bar(name, count) for name, count in summary.named_categories()]
    prices = [Bar(label, count) for label, count in zip(price_labels(), summary.prices, strict=True)]
    created, by_category, by_price = "Items created per day", "Items per category", "Items by price"
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>Items in week {week.label}</title>",
            f"<style>\n{_STYLE}\n</style>\n</head>\n<body>\n<main>",
            f"<h1>Items in week {week.label}</h1>\n<p>{period}{', so far' if summary.so_far else ''}</p>",
            _totals(summary),
            _figure(created, "Day", column_chart("days", created, days), days),
            _figure(by_category, "Category", row_chart("categories", by_category, categories), categories),
            "<p>A category that holds private items alone is counted under \N{LEFT DOUBLE QUOTATION MARK}other "
            "categories\N{RIGHT DOUBLE QUOTATION MARK}.</p>",
            _figure(by_price, "Price", row_chart("prices", by_price, prices), prices),
            _new_items(summary.new_public),
            "</main>\n</body>\n</html>\n",
        ]
    )


def _totals(summary: Summary) -> str:
    average = summary.average_price
    totals = [
        ("Items", f"{summary.items:,}"),
        ("Public", f"{summary.public_items:,}"),
        ("Private", f"{summary.items - summary.public_items:,}"),
        ("Created in the week", f"{summary.created_items:,}"),
        ("Average price, public", "\N{EN DASH}" if average is None else f"{average:,.2f}"),
        ("Sum of prices, public", f"{summary.public_value:,.2f}"),
    ]
    entries = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in totals)
    return f"<h2>Totals</h2>\n<dl>{entries}</dl>"


def _figure(title: str, heading: str, chart: str, bars: Sequence[Bar]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(bar.label)}</th><td class="number">{bar.value:,}</td></tr>' for bar in bars
    )
    return (
        f"<h2>{title}</h2>\n<figure>\n{chart}\n</figure>\n<details><summary>As a table</summary><table>"
        f'<thead><tr><th scope="col">{heading}</th><th scope="col" class="number">Items</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></details>"
    )


def _new_items(items: Sequence[ItemFacts]) -> str:
    """Return the list of new items. `bdi` keeps a name's direction of writing from the text around it."""
    if not items:
        return "<h2>New public items</h2>\n<p>None in this week.</p>"
    rows = "\n".join(
        f"<tr><td><bdi>{escape(item.name)}</bdi></td><td>{escape(item.category)}</td>"
        f'<td class="number">{item.price:,.2f}</td><td>{escape(item.created_at[:10])}</td></tr>'
        for item in items[:LISTED]
    )
    more = f"<p>The first {LISTED} of {len(items):,}. items.csv has all of them.</p>" if len(items) > LISTED else ""
    return (
        "<h2>New public items</h2>\n<table><thead><tr>"
        '<th scope="col">Name</th><th scope="col">Category</th><th scope="col" class="number">Price</th>'
        f'<th scope="col">Created</th></tr></thead><tbody>\n{rows}\n</tbody></table>{more}'
    )
