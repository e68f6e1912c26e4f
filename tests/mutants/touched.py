"""A pytest plugin: which test runs which line of the handlers, and how long each test takes.

Loaded by name (`-p tests.mutants.touched`); writes JSON to the file that MUTANTS_TOUCHED names.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = str(ROOT / "lambda_src") + os.sep


class _Touched:
    def __init__(self, target: Path) -> None:
        self._target = target
        self._lines: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        self._seconds: dict[str, float] = {}
        self._now: dict[str, set[int]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self._now = self._lines[item.nodeid]
        started = time.monotonic()
        threading.settrace(self._call)
        sys.settrace(self._call)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)
            self._seconds[item.nodeid] = time.monotonic() - started

    def _call(self, frame: FrameType, event: str, argument: Any) -> Any:
        return self._line if frame.f_code.co_filename.startswith(SOURCES) else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        self._now[frame.f_code.co_filename].add(frame.f_lineno)
        return self._line

    def pytest_sessionfinish(self) -> None:
        """Write what was found."""
        found = {
            test: {
                "seconds": self._seconds[test],
                "lines": {name.removeprefix(SOURCES): sorted(lines) for name, lines in files.items()},
            }
            for test, files in self._lines.items()
            if test in self._seconds
        }
        self._target.write_text(json.dumps(found), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Begin."""
    config.pluginmanager.register(_Touched(Path(os.environ["MUTANTS_TOUCHED"])), "mutants-touched")
