"""What people see: progress on stderr, results on stdout; plain lines without a terminal, tables with one."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tools.errors import ToolError
from tools.suggestions import spelled

if TYPE_CHECKING:
    from tools.terraform.process import Event

_SAID_OFTEN = 10.0  # seconds between signs of life of one slow resource where there is no terminal


def print_error(error: ToolError, *, as_json: bool = False) -> int:
    """Print an expected error: the problem, and what mends it; return its exit code."""
    mend = spelled(error.mend)
    if as_json:
        print(json.dumps({"error": {"kind": error.kind, "problem": error.problem, "mend": mend}}))
        return error.exit_code
    # Any text at all says no (no-color.org).
    plain = bool(os.environ.get("NO_COLOR")) or not sys.stderr.isatty()
    red, bold, off = ("", "", "") if plain else ("\033[31m", "\033[1m", "\033[0m")
    print(f"{red}error:{off} {error.problem}", file=sys.stderr)
    if mend:
        print(f"  mend: {bold}{mend}{off}", file=sys.stderr)
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
        self._started = time.monotonic()

    def say(self, text: str) -> None:
        """Print a line about what is going on."""
        print(spelled(text), file=sys.stderr, flush=True)

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

            with RichConsole(stderr=True).status(title):
                yield
        else:
            yield
        self.say(f"{title}: {time.monotonic() - started:.1f} s")

    @contextmanager
    def counting(self, title: str) -> Iterator[Callable[[int, int], None]]:
        """Show how far something is; yields what to call with how many are done, and of how many."""
        if not self.rich:
            last = -1

            def say(done: int, total: int) -> None:
                nonlocal last
                # Without a terminal every tenth of the way is a line, not every message.
                if done != last and (done == total or done * 10 // max(total, 1) != last * 10 // max(total, 1)):
                    last = done
                    self.say(f"{title}: {done} of {total}")

            yield say
            return
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=RichConsole(stderr=True)) as bar:
            task = bar.add_task(title, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)

    @contextmanager
    def terraform(self, title: str) -> Iterator[TerraformProgress]:
        """Show Terraform's progress resource by resource."""
        progress = TerraformProgress(self)
        started = time.monotonic()
        if self.rich:
            from rich.console import Console as RichConsole

            with RichConsole(stderr=True).status(title) as status:
                progress.show = lambda text: status.update(f"{title}  [dim]{text}[/dim]")
                yield progress
        else:
            self.say(f"{title} ...")
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
        self._planned = 0
        self._changes = ""
        self._spoke = time.monotonic()
        self.show: Callable[[str], None] = _show_nothing

    def __call__(self, event: Event) -> None:
        """Take one event (Terraform documentation, "Machine-Readable UI")."""
        kind = event.get("type", "")
        hook = event.get("hook", {})
        address = hook.get("resource", {}).get("addr", "")
        if kind == "planned_change":
            self._planned += 1
        elif kind == "apply_start":
            self._running[address] = time.monotonic()
        elif kind == "apply_complete":
            self._running.pop(address, None)
            if hook.get("action") != "read":
                self._done += 1
                self._console.say(f"  {hook.get('action', '')} {address} ({hook.get('elapsed_seconds', 0)} s)")
        elif kind == "apply_errored":
            self._running.pop(address, None)
            self._console.say(f"  FAILED {address}")
        elif kind == "change_summary":
            changes = event.get("changes", {})
            self._changes = ", ".join(
                f"{changes[part]} to {part}" if changes.get("operation") == "plan" else f"{changes[part]} {word}"
                for part, word in (("add", "added"), ("change", "changed"), ("remove", "removed"))
                if changes.get(part)
            )
        elif kind == "interrupted":
            self._console.say("Stopping Terraform, which writes its state first (Ctrl-C again: at once) ...")
        self._sign_of_life()

    def _sign_of_life(self) -> None:
        now = time.monotonic()
        if self._running:
            slowest = min(self._running, key=lambda address: self._running[address])
            text = f"{self._done} done, {len(self._running)} running, longest {slowest}"
            self.show(text)
            if not self._console.rich and now - self._spoke > _SAID_OFTEN:
                self._console.say(f"  ... {text} ({now - self._running[slowest]:.0f} s)")
                self._spoke = now

    def summary(self) -> str:
        """Return what changed, as `3 added, 1 changed, `; empty when nothing did."""
        return f"{self._changes}, " if self._changes else ""
