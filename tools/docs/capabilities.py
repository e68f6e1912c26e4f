"""The table of docs/local-cloud.md, made from expected.yaml: `python -m tools docs` writes it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tools.checks.capabilities.expected import COLUMNS, Capability, load
from tools.docs.moduledocs import between
from tools.errors import UsageProblem
from tools.project import Project

COMMAND = "python -m tools docs"
BEGIN = f"<!-- made by `{COMMAND}` from tools/checks/capabilities/expected.yaml -->"
END = "<!-- end -->"


def document(project: Project) -> Path:
    """Return the document that holds the table."""
    return project.root / "docs" / "local-cloud.md"


def render(capabilities: Sequence[Capability]) -> str:
    """Return the table, markers included, with a line end at the end."""
    lines = [f"| capability | what is enforced | {' | '.join(COLUMNS.values())} |", f"|---|---|{'---|' * len(COLUMNS)}"]
    for row in capabilities:
        cells = " | ".join("yes" if row.has[column] else "no" for column in COLUMNS)
        lines.append(f"| `{row.name}` | {row.what} | {cells} |")
    return "\n".join([BEGIN, "", *lines, "", END, ""])


def updated(project: Project) -> str:
    """Return the document as it should be.

    Raises
    ------
    UsageProblem
        It has no place for the table.
    """
    path = document(project)
    try:
        return between(path.read_text(encoding="utf-8"), BEGIN, END, render(load()))
    except (FileNotFoundError, ValueError):
        raise UsageProblem(
            f"{path.relative_to(project.root)} is missing, or has no place for the table.",
            f"write a line `{BEGIN}` and a line `{END}`",
        ) from None
