"""The table of service-made permissions with one row taken away, and what the security module's test says to that."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.terraform.scratch import ROOT, Outcome, initialised, preamble_of, runs_of, terraform_test

TABLE = "service-permissions.yaml"
_ROW = re.compile(r"^- .*?(?=^- |\Z)", re.MULTILINE | re.DOTALL)


def rows(text: str | None = None) -> dict[str, str]:
    """Return the table's rows as they are written, by id."""
    text = (ROOT / "security" / TABLE).read_text(encoding="utf-8") if text is None else text
    found = {}
    for row in _ROW.findall(text):
        named = re.match(r"- (?:\{ )?id: ([a-z0-9-]+)", row)
        assert named is not None, f"a row begins with its id: {row}"
        found[named[1]] = row
    return found


def test_without_each_row(folder: Path) -> Outcome:
    """Run the assertions about the table once for each row, against a module whose table lacks it.

    All of them in one process, since starting the provider takes longer than a plan. The name of a run is its row's.
    """
    tests = (ROOT / "security" / "service-permissions.tftest.hcl").read_text(encoding="utf-8")
    table = (ROOT / "security" / TABLE).read_text(encoding="utf-8")
    [(name, block, _)] = runs_of(tests)
    # What the tests' variables are read from.
    for read in ("security/permissions.yaml", "storage/dynamodb.tf", "storage/s3.tf", "triggers/sqs-queues.tf"):
        (folder / read).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / read, folder / read)
    folder /= "security"
    (folder / "tests").mkdir(parents=True)
    (folder / "main.tf").write_text("")
    for identity, row in rows(table).items():
        module = folder / "without" / identity
        shutil.copytree(ROOT / "security", module, ignore=shutil.ignore_patterns(".*", "*.tftest.hcl", "*.md"))
        (module / TABLE).write_text(table.replace(row, ""))
        mutated = block.replace(
            f'run "{name}" {{\n', f'run "{identity}" {{\n  module {{\n    source = "./without/{identity}"\n  }}\n', 1
        )
        (folder / "tests" / f"{identity}.tftest.hcl").write_text(f"{preamble_of(tests)}{mutated}\n")
    return terraform_test(initialised(folder))


test_without_each_row.__test__ = False  # type: ignore[attr-defined]
