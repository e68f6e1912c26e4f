"""Where the suite runs, and what is known of that place before the application is deployed to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tools.checks.capabilities import HEADINGS, PROBES, QUICK, Finding, Probing, differences, engine_of, find_out, rows

ENVIRONMENTS = {"ministack": "local", "localstack": "localstack"}
"""The environment that belongs to each engine."""

OF_THE_RUN = {"local-cloud", "managed"}
"""What a test may need of the run and not of the endpoint: that this suite started the engine, and that it is the one
which `make local` starts."""


@dataclass(frozen=True)
class Place:
    """Where the suite runs.

    Parameters
    ----------
    engine
        The engine of ours that runs there; None for anybody else's.
    environment
        The environment that is deployed.
    endpoint
        Where somebody else started it; None for a local cloud of the suite's own.
    """

    engine: str | None
    environment: str
    endpoint: str | None

    @property
    def name(self) -> str:
        """How a report names it."""
        return f"{self.engine or self.endpoint} (environment {self.environment})"


def place(config: pytest.Config) -> Place:
    """Return where the command line, or AWS_ENDPOINT_URL, wants the suite."""
    endpoint = config.getoption("--endpoint-url")
    engine = engine_of(endpoint) if endpoint else str(config.getoption("--engine"))
    environment = config.getoption("--env") or ENVIRONMENTS.get(engine or "", "local")
    return Place(engine, environment, endpoint)


@dataclass
class Capabilities:
    """What the place can do: its probes' findings, less what the deployed environment has switched off.

    Parameters
    ----------
    probing
        The probes, under way.
    """

    place: Place
    probing: Probing
    findings: dict[str, Finding] = field(default_factory=dict)

    def look(self, names: Iterable[str], show: Callable[[str], None]) -> None:
        """Wait for some probes, show what they found, and end the run where an engine of ours is not as expected.

        A skip would let all that depends on a lost capability go unnoticed, and a gained one is a test not run.
        """
        found = find_out(self.probing, self.place.engine, tuple(names))
        self.findings |= found
        table = rows(self.place.engine, found)
        widths = [max(len(row[index]) for row in [HEADINGS, *table]) for index in range(len(HEADINGS) - 1)]
        show(f"Capabilities of {self.place.name}")
        for row in [HEADINGS, *table]:
            show("  " + "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]))
        different = differences(self.place.engine, found)
        if different:
            pytest.exit("\n".join(different), returncode=1)

    def lacks(self, names: Iterable[str], outputs: Mapping[str, Any]) -> str | None:
        """Return the first of these capabilities that is missing, or nothing."""
        return next((name for name in names if not self._has(name, outputs)), None)

    def _has(self, name: str, outputs: Mapping[str, Any]) -> bool:
        if name == "managed":
            return self.place.endpoint is None
        if name == "local-cloud":
            return self.place == Place("ministack", "local", None)
        if name == "websocket" and outputs.get("websocket_url") is None:
            return False
        return self.findings[name].found


SLOW = tuple(name for name in PROBES if name not in QUICK)


def unknown(names: Iterable[str]) -> list[str]:
    """Return those of the names that are no capability."""
    return sorted(set(names) - set(PROBES) - OF_THE_RUN)
