"""The command that tries what an endpoint does."""

from __future__ import annotations

import click

from tools.commands import context
from tools.console import Console
from tools.errors import CapabilityProblem


@click.command()
@context.env
@context.endpoint
@click.option("--quick", is_flag=True, help="Leave out what takes longer than half a minute: schedules.")
@click.option("--check", is_flag=True, help="Fail where the endpoint does less, or more, than is expected of it.")
@context.json
def capabilities(env: str, endpoint_url: str | None, quick: bool, check: bool, as_json: bool) -> None:
    """Try what an emulator really does, and hold it against what is expected of it."""
    from tools.capabilities import HEADINGS, PROBES, QUICK, differences, engine_of, load, probe, rows

    console = Console(as_json=as_json)
    environment = context.find(context.find_project(), env, endpoint_url)
    with console.counting("Probing") as counting:
        findings = probe(environment, QUICK if quick else tuple(PROBES), counting)
    engine = engine_of(str(environment.endpoint))
    console.table(f"Capabilities of {engine or environment.endpoint}", HEADINGS, rows(engine, findings))
    if as_json:
        expected = {row.name: row.has.get(engine or "") for row in load()}
        found = {
            name: {"found": finding.found, "expected": expected[name], "note": finding.note}
            for name, finding in findings.items()
        }
        console.result("", {"engine": engine, "endpoint": environment.endpoint, "capabilities": found})
    different = differences(engine, findings)
    if check and different:
        raise CapabilityProblem(" ".join(different), "see tools/capabilities/expected.yaml")
