"""What Terraform says when it refuses: the runs that expect a failure, without expecting it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.terraform.scratch import ROOT, Outcome, preamble_of, runs_of, terraform_test

# Conditions of other variables refer to it, and are unknown while it is refused itself.
_ALONE = {"environment"}
# A run that sets variables, expects some of them to be refused, and does nothing else
_VARIABLES_ALONE = re.compile(
    r'run "\w+" \{\n  command = plan\n\n  variables \{\n(?P<variables>(?:    .*\n)+)  \}\n\n'
    r"  expect_failures = \[var\.\w+(?:, var\.\w+)*\]\n\}"
)
_EXPECTED = re.compile(r"^  expect_failures = \[[^\]]*\]\n", re.MULTILINE)

# Test files with refusals, and the job that runs each
FILES = {
    "refusals": "tests/terraform/refusals.tftest.hcl",
    "api-gateway:refusals": "api-gateway/api-gateway.tftest.hcl",
    "functions:refusals": "functions/functions.tftest.hcl",
    "functions/function:refusals": "functions/function/function.tftest.hcl",
    "security:refusals": "security/security.tftest.hcl",
    "storage/bucket:refusals": "storage/bucket/bucket.tftest.hcl",
    "triggers:refusals": "triggers/triggers.tftest.hcl",
    "triggers/queue:refusals": "triggers/queue/queue.tftest.hcl",
}


def sentences(job: str) -> dict[str, str]:
    """Return, for each run of a job's test file that expects a failure, what Terraform is to say."""
    text = (ROOT / FILES[job]).read_text(encoding="utf-8")
    return {name: says for name, block, says in runs_of(text) if _EXPECTED.search(block)}


def test_without_expecting_failures(folder: Path, file: str) -> Outcome:
    """Run those of a test file's runs that expect a failure; each is answered with what was said of its whole group."""
    text = (folder / file).read_text(encoding="utf-8")
    refused = folder / "refused"
    refused.mkdir()
    groups = _groups([(name, block) for name, block, _ in runs_of(text) if _EXPECTED.search(block)])
    for name, (_, block) in groups.items():
        (refused / f"{name}.tftest.hcl").write_text(preamble_of(text) + _EXPECTED.sub("", block) + "\n")
    chosen = [f"-filter=refused/{name}.tftest.hcl" for name in groups]
    outcome = terraform_test(folder, "-test-directory=refused", *chosen)
    return Outcome(
        {run: outcome.statuses[name] for name, (runs, _) in groups.items() for run in runs},
        {run: outcome.said.get(name, []) for name, (runs, _) in groups.items() for run in runs},
    )


def _groups(runs: list[tuple[str, str]]) -> dict[str, tuple[list[str], str]]:
    """Return the blocks to run, each with the runs that it stands for.

    A plan of everything takes seconds, and Terraform reports all variables that it refuses at once. So runs that set
    different variables, and expect nothing else to be refused, are one.
    """
    groups: dict[str, tuple[list[str], str]] = {}
    taken: dict[str, set[str]] = {}
    for name, block in runs:
        found = _VARIABLES_ALONE.fullmatch(block)
        names = set(re.findall(r"^    (\w+) += ", found["variables"], re.MULTILINE)) if found else set()
        into = next((group for group, used in taken.items() if not used & names), None)
        if found is None or into is None or names & _ALONE:
            groups[name] = ([name], block)
            if found and not names & _ALONE:
                taken[name] = names
            continue
        members, merged = groups[into]
        groups[into] = ([*members, name], merged.replace("  variables {\n", "  variables {\n" + found["variables"], 1))
        taken[into] |= names
    return groups


test_without_expecting_failures.__test__ = False  # type: ignore[attr-defined]
