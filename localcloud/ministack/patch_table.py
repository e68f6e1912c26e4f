"""The table of patches in docs/local-cloud.md; `python -m tools docs` writes it."""

from __future__ import annotations

from localcloud.errors import UsageProblem
from localcloud.ministack import patches

BEGIN = "<!-- made by `python -m tools docs` from localcloud/ministack/patches/ -->"
END = "<!-- end -->"


def render() -> str:
    """Return the table, markers included."""
    rows = [f"| `{name}` | {patches.load(name).EFFECT} |" for name in patches.names()]
    return "\n".join([BEGIN, "", "| patch | what works with it |", "|---|---|", *rows, "", END])


def updated(page: str) -> str:
    """Return the text of docs/local-cloud.md with the current table.

    Raises
    ------
    UsageProblem
        The page has no markers.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise UsageProblem(
            "docs/local-cloud.md has no place for the table of patches.", f"add a line `{BEGIN}` and a line `{END}`"
        )
    return before + render() + after
