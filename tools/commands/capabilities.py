"""The command that tries what an endpoint does."""

from __future__ import annotations

import click

from tools.commands import context
from tools.errors import CapabilityProblem
from tools.terminal.console import Console


@click.command()
@click.argument("names", nargs=-1)
@context.env
@context.endpoint
@click.option("--quick", is_flag=True, help="Leave out what takes longer than half a minute: schedules.")
@click.option("--check", is_flag=True, help="Fail where the endpoint does less, or more, than is expected of it.")
@context.json
def capabilities(  # noqa: PLR0917 - a command's parameters are its options
    names: tuple[str, ...], env: str, endpoint_url: str | None, quick: bool, check: bool, as_json: bool
) -> None:
    """Try what an emulator really does, by NAMES or all of it, and hold it against what is expected of it."""
    from tools.checks.capabilities import HEADINGS, PROBES, QUICK, differences, engine_of, find_out, load, probing, rows

    console = Console(as_json=as_json)
    environment = context.find(context.find_project(), env, endpoint_url)
    wanted, finished = names or (QUICK if quick else tuple(PROBES)), 0
    with probing(environment, wanted) as running, console.counting("Probing") as counting:
        engine = engine_of(str(environment.endpoint))

        def done(_: str) -> None:
            nonlocal finished
            finished += 1
            counting(finished, len(wanted))

        findings = find_out(running, engine, wanted, done)
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
        raise CapabilityProblem(" ".join(different), "see tools/checks/capabilities/expected.yaml")
