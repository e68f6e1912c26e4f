"""The pages and tables that are generated: `python -m tools docs` writes them, and `--check` compares them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tools.project import Project


def rendered(project: Project) -> Iterator[tuple[Path, str]]:
    """Yield every file with something generated in it, and its text as it should be.

    Raises
    ------
    UsageProblem
        A page has no place for its tables, or the API contract cannot be rendered.
    """
    from localcloud.ministack import patch_table
    from tools.docs import api, capabilities, costs, moduledocs

    yield api.page(project), api.render(project)
    yield costs.page(project), costs.updated(project)
    yield capabilities.document(project), patch_table.updated(capabilities.updated(project))
    for folder in moduledocs.folders(project)[1:]:
        yield folder / "README.md", moduledocs.updated(project, folder)


def outdated(project: Project) -> dict[Path, str]:
    """Return the generated files that differ from what they should be, with their new text."""
    return {path: text for path, text in rendered(project) if not path.is_file() or path.read_text("utf-8") != text}
