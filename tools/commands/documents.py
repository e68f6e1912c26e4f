"""The command that brings generated pages up to date."""

from __future__ import annotations

import click

from tools.commands import context
from tools.errors import BuildProblem
from tools.terminal.console import Console


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail if a page is out of date.")
@context.json
def docs(check: bool, as_json: bool) -> None:
    """Write the generated pages: the API reference, and the tables in the READMEs, costs and local-cloud pages."""
    from tools.docs import outdated

    project, console = context.find_project(), Console(as_json=as_json)
    changed = {path.relative_to(project.root).as_posix(): text for path, text in outdated(project).items()}
    if check and changed:
        raise BuildProblem(f"Out of date: {', '.join(changed)}.", "python -m tools docs")
    for name, text in changed.items():
        (project.root / name).write_text(text, encoding="utf-8")
    said = [f"Wrote {name}." for name in changed] or ["Every generated page is up to date."]
    console.result("\n".join(said), {"written": list(changed)})
