"""What people see: progress on stderr, results on stdout; plain lines without a terminal, tables with one."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tools.errors import ToolError
from tools.terminal.heartbeat import HEARTBEAT
from tools.terminal.suggestions import spelled

_LINE_S = 1.0  # the least time between two lines of progress where there is no terminal


def print_error(error: ToolError, *, as_json: bool = False) -> int:
    """Print an expected error: the problem, and what fixes it; return its exit code."""
    fix = spelled(error.fix)
    if as_json:
        print(json.dumps({"error": {"kind": error.kind, "problem": error.problem, "fix": fix}}))
        return error.exit_code
    # Any text at all says no (no-color.org).
    plain = bool(os.environ.get("NO_COLOR")) or not sys.stderr.isatty()
    red, bold, off = ("", "", "") if plain else ("\033[31m", "\033[1m", "\033[0m")
    print(f"{red}error:{off} {error.problem}", file=sys.stderr)
    if fix:
        print(f"  fix: {bold}{fix}{off}", file=sys.stderr)
    return error.exit_code


def interrupted() -> int:
    """Say what Ctrl-C did; return its exit code."""
    print("interrupted; the same command goes on from here", file=sys.stderr)
    return 130


class Console:
    """Progress and results of one command.

    Parameters
    ----------
    as_json
        Results are one JSON document on stdout, and nothing else is printed there.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.rich = sys.stderr.isatty()
        self.expected = 0
        """How many resources the last plan changes, as far as known: what the progress of an apply is measured by."""
        self._started = time.monotonic()

    def say(self, text: str) -> None:
        """Print a line about what is going on."""
        print(spelled(text), file=sys.stderr, flush=True)
        HEARTBEAT.spoke()

    def result(self, text: str, document: Any) -> None:
        """Print what the command is for: `text` for people, `document` for scripts."""
        print(json.dumps(document, indent=2, sort_keys=True) if self.as_json else text, flush=True)

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table to stderr, so that it never mixes with a result."""
        if self.rich:
            from rich.console import Console as RichConsole
            from rich.table import Table

            table = Table(title=title, title_justify="left", box=None, pad_edge=False)
            for column in columns:
                table.add_column(column)
            for row in rows:
                table.add_row(*row)
            # Cells may hold anybody's text, such as a message's body: it is no markup.
            RichConsole(stderr=True, markup=False, emoji=False).print(table)
            return
        widths = [max(len(row[index]) for row in [columns, *rows]) for index in range(len(columns))]
        self.say(title)
        for row in [columns, *rows]:
            self.say("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show that something is under way, and how long it took."""
        started = time.monotonic()
        if self.rich:
            from rich.console import Console as RichConsole

            with HEARTBEAT.held(), RichConsole(stderr=True).status(title):
                yield
        else:
            with HEARTBEAT.doing(lambda: title):
                yield
        self.say(f"{title}: {time.monotonic() - started:.1f} s")

    @contextmanager
    def counting(self, title: str) -> Iterator[Callable[[int, int], None]]:
        """Show how far something is; yields what to call with how many are done, and of how many."""
        if not self.rich:
            shown, said = "", -_LINE_S

            def say(done: int, total: int) -> None:
                nonlocal shown, said
                text, now = f"{title}: {done} of {total}", time.monotonic()
                # Without a terminal a line a second is enough; the last one is always there.
                if text != shown and (done == total or now - said >= _LINE_S):
                    shown, said = text, now
                    self.say(text)

            with HEARTBEAT.doing(lambda: shown or title):
                yield say
            return
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with HEARTBEAT.held(), Progress(*columns, console=RichConsole(stderr=True)) as bar:
            task = bar.add_task(title, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)

    @contextmanager
    def terraform(self, title: str) -> Iterator[TerraformProgress]:
        """Show Terraform's progress resource by resource."""
        progress = TerraformProgress(self)
        started = time.monotonic()
        if self.rich:
            from rich.console import Console as RichConsole

            with HEARTBEAT.held(), RichConsole(stderr=True).status(title) as status:
                progress.show = lambda text: status.update(f"{title}  [dim]{text}[/dim]")
                yield progress
        else:
            self.say(f"{title} ...")
            with HEARTBEAT.doing(lambda: f"{title}{progress.state()}"):
                yield progress
        self.say(f"{title}: {progress.summary()}{time.monotonic() - started:.1f} s")


def _show_nothing(_: str) -> None:
    pass


class TerraformProgress:
    """Turns Terraform's event stream into lines: each resource when it is done, with its time."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._running: dict[str, float] = {}
        self._done = 0
        self._changes = ""
        self._spoke = time.monotonic() - _LINE_S
        self.show: Callable[[str], None] = _show_nothing

    def __call__(self, event: Mapping[str, Any]) -> None:
        """Take one event (Terraform documentation, "Machine-Readable UI")."""
        kind = event.get("type", "")
        hook = event.get("hook", {})
        address = hook.get("resource", {}).get("addr", "")
        if kind == "apply_start":
            self._running[address] = time.monotonic()
        elif kind == "apply_complete":
            self._running.pop(address, None)
            if hook.get("action") != "read":
                self._done += 1
                self._line(f"{hook.get('action', '')} {address} ({hook.get('elapsed_seconds', 0)} s)")
        elif kind == "apply_errored":
            self._running.pop(address, None)
            self._console.say(f"  FAILED {address}")
        elif kind == "change_summary":
            changes = event.get("changes", {})
            if changes.get("operation") == "plan":
                self._console.expected = sum(changes.get(part) or 0 for part in ("add", "change", "remove"))
            self._changes = ", ".join(
                f"{changes[part]} to {part}" if changes.get("operation") == "plan" else f"{changes[part]} {word}"
                for part, word in (("add", "added"), ("change", "changed"), ("remove", "removed"))
                if changes.get(part)
            )
        elif kind == "interrupted":
            self._console.say("Stopping Terraform, which writes its state first (Ctrl-C again: at once) ...")
        if self._running:
            self.show(self.state().removeprefix(": "))

    def _line(self, text: str) -> None:
        """Name a resource that is done: at a terminal each, elsewhere at most one a second."""
        now = time.monotonic()
        if self._console.rich or now - self._spoke >= _LINE_S:
            self._spoke = now
            self._console.say(f"  {self._count()}: {text}")

    def _count(self) -> str:
        expected = self._console.expected
        return f"{self._done} of {expected}" if expected and expected >= self._done else f"{self._done}"

    def state(self) -> str:
        """Return how far it is, as `: 97 of 259, 3 running, longest aws_x.y (7 s)`; empty while nothing is made."""
        if not self._running:
            return f": {self._count()}" if self._done else ""
        slowest, since = min(self._running.copy().items(), key=lambda item: item[1])
        running = f"{len(self._running)} running, longest {slowest} ({time.monotonic() - since:.0f} s)"
        return f": {self._count()}, {running}"

    def summary(self) -> str:
        """Return what changed, as `3 added, 1 changed, `; empty when nothing did."""
        return f"{self._changes}, " if self._changes else ""
