"""The tables of docs/costs.md, made from the one dated list of prices (docs/prices.yaml)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tools.docs.moduledocs import between
from tools.project import Project

BEGIN = "<!-- made by `python -m tools docs` from prices.yaml -->"
END = "<!-- end -->"
ENVIRONMENTS = ("dev", "prod")


def prices_file(project: Project) -> Path:
    """Return the list of prices."""
    return project.root / "docs" / "prices.yaml"


def page(project: Project) -> Path:
    """Return the page that shows them."""
    return project.root / "docs" / "costs.md"


def load(path: Path) -> dict[str, Any]:
    """Return the list of prices as it is written."""
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def monthly(prices: Mapping[str, Any], parts: Mapping[str, float]) -> float:
    """Return what parts cost together, in US dollars."""
    return float(sum(prices[name]["price"] * amount for name, amount in parts.items()))


def idle(document: Mapping[str, Any], environment: str) -> float:
    """Return what an environment costs by the month while nobody calls, in US dollars."""
    return sum(
        monthly(document["prices"], item["parts"]) for item in document["idle"] if environment in item["environments"]
    )


def render(document: Mapping[str, Any]) -> str:
    """Return the tables, markers included, with a line end at the end."""
    prices = document["prices"]
    lines = [
        BEGIN,
        "",
        f"List prices of `{document['region']}` in US dollars, without free tiers, as noted on {document['noted']}.",
        "",
        "## While nobody calls, by the month",
        "",
        f"| what | {' | '.join(ENVIRONMENTS)} |",
        f"|---|{'---:|' * len(ENVIRONMENTS)}",
    ]
    for item in document["idle"]:
        cost = f"{monthly(prices, item['parts']):.2f}"
        cells = [cost if name in item["environments"] else "" for name in ENVIRONMENTS]
        lines.append(f"| {_what(item)} | {' | '.join(cells)} |")
    totals = [f"**{idle(document, name):.2f}**" for name in ENVIRONMENTS]
    lines += [
        f"| **together** | {' | '.join(totals)} |",
        "",
        "## By use",
        "",
        "| what | price | of |",
        "|---|---:|---|",
    ]
    for item in document["used"]:
        price = prices[item["of"]]
        shown = price.get("shown", 1)
        unit = f"{shown:,} {price['unit']}s" if shown > 1 else f"a {price['unit']}"
        lines.append(f"| {_what(item)} | {_amount(price['price'] * shown)} | {unit} |")
    lines += ["", "## Where it is switched on, by the month", "", "| what | price |", "|---|---:|"]
    lines += [f"| {item['what']} | {_amount(monthly(prices, item['parts']))} |" for item in document["options"]]
    sources = sorted({price["source"] for price in prices.values()})
    lines += ["", "AWS's pages: " + ", ".join(f"[{_name(source)}]({source})" for source in sources) + ".", ""]
    return "\n".join([*lines, END, ""])


def _what(item: Mapping[str, Any]) -> str:
    note = f" ({item['note']})" if "note" in item else ""
    feature = f" (`features.{item['feature']}`)" if "feature" in item else ""
    return f"{item['what']}{note}{feature}"


def _amount(dollars: float) -> str:
    """Return an amount in cents, and more places where a unit costs parts of a cent."""
    return f"{dollars:.2f}" if dollars >= 1 else f"{dollars:.4f}"[:4] + f"{dollars:.4f}"[4:].rstrip("0")


def _name(source: str) -> str:
    return source.removeprefix("https://aws.amazon.com/").partition("/pricing")[0]


def updated(project: Project) -> str:
    """Return the page with its tables as the list of prices has them."""
    return between(page(project).read_text(encoding="utf-8"), BEGIN, END, render(load(prices_file(project))))
