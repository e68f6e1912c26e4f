"""What the project's engines and AWS are known to do, and what is found against it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from tools.checks.capabilities.probing import Finding, Probing

FILE = Path(__file__).with_name("expected.yaml")
COLUMNS = {"ministack": "MiniStack", "localstack": "LocalStack", "aws": "AWS"}
"""Who has a column in the file, and how they are called in tables."""
HEADINGS = ("capability", "found", "expected", "what it is, or what happened instead")
"""Of the table that `rows` fills."""


@dataclass(frozen=True)
class Capability:
    """A row of the file.

    Parameters
    ----------
    what
        What an endpoint that has it does, in a sentence.
    has
        Whether each has it: an engine's name, or `aws`.
    """

    name: str
    what: str
    has: Mapping[str, bool]


@cache
def load(file: Path = FILE) -> tuple[Capability, ...]:
    """Return the rows of the file, in its order.

    Raises
    ------
    ValueError
        A row lacks something, or says more.
    """
    found = []
    for name, row in yaml.safe_load(file.read_text(encoding="utf-8")).items():
        if set(row) != {"what", *COLUMNS} or not all(isinstance(row[column], bool) for column in COLUMNS):
            raise ValueError(f"{file.name}: {name} needs `what`, and true or false for each of {', '.join(COLUMNS)}")
        found.append(Capability(name, " ".join(row["what"].split()), {column: row[column] for column in COLUMNS}))
    return tuple(found)


def expected_of(engine: str) -> dict[str, bool]:
    """Return whether an engine of ours, or `aws`, is expected to have each capability, by name."""
    return {row.name: row.has[engine] for row in load()}


def engine_of(endpoint: str) -> str | None:
    """Return which of the project's engines answers at an endpoint, by what it says itself; None for any other.

    Our engines answer `GET /_local/instance`; an emulator that somebody else started takes it for a bucket.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{endpoint.rstrip('/')}/_local/instance", timeout=2) as answer:
            told = json.loads(answer.read())
    except (OSError, ValueError):
        return None
    if not isinstance(told, dict) or not {"id", "project"} <= told.keys():
        return None
    engine = str(told.get("engine", "ministack"))
    return engine if engine in COLUMNS else None


def differences(engine: str | None, findings: Mapping[str, Finding]) -> list[str]:
    """Return a sentence for each capability that an engine of ours has lost or gained; none for another's."""
    if engine is None:
        return []
    sentences = []
    for capability in load():
        finding = findings.get(capability.name)
        if finding is None or finding.found == capability.has[engine]:
            continue
        if finding.found:
            sentences.append(
                f"{COLUMNS[engine]} has gained the capability {capability.name}; {FILE.name} says that it has it not."
            )
        else:
            sentences.append(f"{COLUMNS[engine]} has lost the capability {capability.name}: {finding.note}.")
    return sentences


def find_out(
    probing: Probing, engine: str | None, names: Collection[str], done: Callable[[str], None] = lambda _: None
) -> dict[str, Finding]:
    """Wait for some probes and return what they found.

    What an engine of ours seems to have lost is probed once more: a difference is to be a loss, and no busy moment.
    """
    found = probing.wait(names, done)
    if engine is None:
        return found
    expected = expected_of(engine)
    lost = [name for name, finding in found.items() if expected[name] and not finding.found]
    return found | probing.again(lost)


def rows(engine: str | None, findings: Mapping[str, Finding]) -> list[tuple[str, str, str, str]]:
    """Return a table's rows: name, found, expected of this engine, and what it is or what happened instead."""
    table = []
    for capability in load():
        finding = findings.get(capability.name)
        if finding is None:
            continue
        expected = "" if engine is None else _word(capability.has[engine])
        table.append((capability.name, _word(finding.found), expected, finding.note or capability.what))
    return table


def _word(has: bool) -> str:
    return "yes" if has else "no"
