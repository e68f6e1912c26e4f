"""`python -m tools build` for scripts: everything without the libraries that draw on a terminal."""

from __future__ import annotations

import os
import sys

from tools.build.engine import build_in
from tools.errors import ToolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tools.build.report import BuildReport


def main(argv: list[str]) -> int | None:
    """Build and print a plain table, or JSON.

    Parameters
    ----------
    argv
        What follows `build` on the command line.

    Returns
    -------
    The exit code; or None, with nothing done, when stdout is a terminal or an option is not known here.
    """
    options = None if sys.stdout.isatty() else _options(argv)
    if options is None:
        return None
    as_json = options.pop("json")
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    try:
        report = build_in(root, options.pop("target"), **options)
    except ToolError as error:
        # Worded as tools.terminal.console.print_error does, which takes longer to import than this takes to run
        if as_json:
            sys.stdout.write(_json({"error": {"kind": error.kind, "problem": error.problem, "fix": error.fix}}))
            return error.exit_code
        print(f"error: {error.problem}", file=sys.stderr)
        if error.fix:
            print(f"  fix: {error.fix}", file=sys.stderr)
        return error.exit_code
    sys.stdout.write(_json(report.as_dict()) if as_json else _table(report))
    return 0


def _options(argv: list[str]) -> dict[str, Any] | None:
    options: dict[str, Any] = {"target": "local", "arch": None, "pyc": True, "force": False, "json": False}
    waiting = list(argv)
    while waiting:
        name, equals, value = waiting.pop(0).partition("=")
        if name in ("--json", "--force") and not equals:
            options[name[2:]] = True
        elif name == "--no-pyc" and not equals:
            options["pyc"] = False
        elif name in ("--target", "--arch") and (equals or waiting):
            options[name[2:]] = value if equals else waiting.pop(0)
        else:
            return None
    return options


def _table(report: BuildReport) -> str:
    rows = [
        (one.kind, one.name, f"{one.size:,}", "changed" if one.changed else "-", one.why) for one in report.artefacts
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)] if rows else []
    lines = [
        f"{kind:{widths[0]}}  {name:{widths[1]}}  {size:>{widths[2]}}  {changed:{widths[3]}}  {why}"
        for kind, name, size, changed, why in rows
    ]
    count = len(report.changed)
    did = f"{count} of {len(rows)} zips written" if count else "nothing to do"
    lines.append(f"{report.target} {report.arch}: {did}, {report.seconds * 1000:.0f} ms")
    return "\n".join(lines) + "\n"


def _json(document: dict[str, Any]) -> str:
    import json

    return json.dumps(document, indent=2) + "\n"
