"""A running Terraform: what it says, event by event, and what is under way in it."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.deployment.terraform.problems import Diagnostic

Event = dict[str, Any]

# An interrupted Terraform cancels the calls under way. A call that creates something takes less than this; what is
# created by a cancelled call exists without the state's knowing.
SETTLED_S = 1.5


class Run:
    """A Terraform process with machine-readable output (Terraform documentation, "Machine-Readable UI").

    Parameters
    ----------
    command
        With `-json` in it.

    Raises
    ------
    OSError
        The program cannot be executed.
    """

    def __init__(self, command: list[str], root: Path, environ: Mapping[str, str]) -> None:
        # A process group of its own: Ctrl-C reaches this process alone, which passes it on once. Two interrupts make
        # Terraform drop everything.
        self.process = subprocess.Popen(
            command,
            cwd=root,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=0,
        )
        self.over = False
        self._said: list[Diagnostic] = []
        self._last_words = ""
        self._since: dict[str, float] = {}
        self._queue: queue.Queue[Event | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event = self._event(line)
            if event:
                self._queue.put(event)
        self._queue.put(None)

    def _event(self, line: str) -> Event | None:
        try:
            event = json.loads(line)
        except ValueError:
            # Not every message is JSON: what is said before the view is set up comes as text.
            text = line.strip(" │╷╵\n")
            if text.startswith("Error: "):
                return {"type": "diagnostic", "diagnostic": {"severity": "error", "summary": text[7:]}}
            self._last_words = text or self._last_words
            return None
        return event if isinstance(event, dict) else None

    def take(self, wait_s: float) -> Event | None:
        """Return the next event, or None where there is none within `wait_s` seconds; at the end, set `over`."""
        try:
            event = self._queue.get(timeout=wait_s)
        except queue.Empty:
            return None
        if event is None:
            self.over = True
            return None
        address = event.get("hook", {}).get("resource", {}).get("addr", "")
        if event.get("type") == "diagnostic":
            self._said.append(event.get("diagnostic") or {"severity": "error", "summary": event.get("@message", "")})
        elif event.get("type") == "apply_start":
            self._since[address] = time.monotonic()
        elif event.get("type") in ("apply_complete", "apply_errored"):
            self._since.pop(address, None)
        return event

    def settled(self) -> bool:
        """Whether all that is under way has been for a while: it is waited for, and no longer being created."""
        return all(time.monotonic() - since > SETTLED_S for since in self._since.values())

    def diagnostics(self) -> list[Diagnostic]:
        """Return what it complained of; the last line that was no event, where it ended without a complaint."""
        if any(one.get("severity") == "error" for one in self._said) or not self._last_words:
            return self._said
        return [*self._said, {"severity": "error", "summary": self._last_words}]
