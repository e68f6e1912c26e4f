"""Every path of the functions that deal with images that reaches AWS."""

from __future__ import annotations

from collections.abc import Callable

from tests.unit.functions.support.application import Application

SCENARIOS: dict[str, Callable[[Application], None]] = {}
