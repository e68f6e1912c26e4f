"""The table of docs/local-cloud.md, made from expected.yaml: `python -m tools.capabilities.documentation` writes it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tools.capabilities.expected import COLUMNS, Capability, load
from tools.errors import UsageProblem
from tools.moduledocs import between
from tools.project import Project, find_project

COMMAND = "python -m tools.capabilities.documentation"
BEGIN = f"<!-- made by `{COMMAND}` from tools/capabilities/expected.yaml -->"
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


def main() -> int:
    """Write the table, and say whether the document changed."""
    project = find_project()
    path = document(project)
    try:
        text = updated(project)
    except UsageProblem as problem:
        print(f"error: {problem.problem}\n  fix: {problem.fix}", file=sys.stderr)
        return problem.exit_code
    if text != path.read_text(encoding="utf-8"):
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(project.root))
    return 0


if __name__ == "__main__":
    sys.exit(main())
