"""What Terraform says when it refuses: the runs that expect a failure, without expecting it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.terraform.scratch import ROOT, Outcome, preamble_of, runs_of, terraform_test

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
    """Run those of a test file's runs that expect a failure, each in a file of its own: after an error a file ends."""
    text = (folder / file).read_text(encoding="utf-8")
    refused = folder / "refused"
    refused.mkdir()
    for name, block, _ in runs_of(text):
        if _EXPECTED.search(block):
            (refused / f"{name}.tftest.hcl").write_text(preamble_of(text) + _EXPECTED.sub("", block) + "\n")
    return terraform_test(
        folder, "-test-directory=refused", *(f"-filter=refused/{path.name}" for path in refused.iterdir())
    )


test_without_expecting_failures.__test__ = False  # type: ignore[attr-defined]
