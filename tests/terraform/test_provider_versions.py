"""Every argument that is used here exists in the AWS provider's version 5.100, which runs, and in 6.

The lock file holds 5.100.0, so `terraform validate` and the plans show that one. The names of version 6 are in
`provider-6.json`, taken from its schema (6.25).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.scratch import MODULES, ROOT

_META = frozenset({"count", "for_each", "depends_on", "lifecycle", "provider", "provisioner"})
# Blocks whose inside is not compared: Terraform's own, and a firewall's statements, which the list ends at.
_UNSEEN = frozenset({"lifecycle", "statement"})
_RESOURCE = re.compile(r'^resource "(aws_\w+)" "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
_ARGUMENT = re.compile(r"^\s*(\w+)\s*=(?!=)")
_BLOCK = re.compile(r'^\s*(?:dynamic )?"?(\w+)"? \{$')
_QUIET = re.compile(r'"(?:[^"\\]|\\.)*"|#.*')
_CONSTRAINT = '">= 5.100.0, < 7.0.0"'


@dataclass
class Used:
    """The names that a resource uses: its own arguments and blocks, and those inside its blocks."""

    own: set[str] = field(default_factory=set)
    nested: set[str] = field(default_factory=set)


def used(body: str) -> Used:
    """Return what a resource's block uses, written as `terraform fmt` leaves it."""
    found = Used()
    _read(iter(body.splitlines()), found.own, found.nested)
    found.own -= _META
    # What holds the arguments of a dynamic block.
    found.nested -= {"content", "for_each"}
    return found


def _read(lines: Iterator[str], here: set[str], below: set[str]) -> None:
    """Read a block to its end; values that go over several lines are skipped whole."""
    for line in lines:
        if line.strip() == "}":
            return
        if argument := _ARGUMENT.match(line):
            here.add(argument[1])
            open_brackets = _balance(line)
            while open_brackets > 0:
                open_brackets += _balance(next(lines))
        elif block := _BLOCK.match(line):
            here.add(block[1])
            inside: set[str] = set() if block[1] in _UNSEEN else below
            _read(lines, inside, inside)


def _balance(line: str) -> int:
    text = _QUIET.sub("", line)
    return sum(text.count(opening) for opening in "{[(") - sum(text.count(closing) for closing in "}])")


def _resources() -> list[tuple[str, str, Used]]:
    return [
        (f"{path.relative_to(ROOT).as_posix()}: {kind}.{name}", kind, used(body))
        for folder in ("", *MODULES)
        for path in sorted((ROOT / folder).glob("*.tf"))
        for kind, name, body in _RESOURCE.findall(path.read_text(encoding="utf-8"))
    ]


@pytest.fixture(scope="module")
def types() -> dict[str, Any]:
    """Argument names of version 6 by resource type."""
    text = (Path(__file__).parent / "provider-6.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)["types"]
    return found


@pytest.mark.parametrize(
    ("kind", "names"), [pytest.param(kind, names, id=where) for where, kind, names in _resources()]
)
def test_version_six_has_every_argument(kind: str, names: Used, types: dict[str, Any]) -> None:
    assert kind in types, f"{kind} is not in provider-6.json"
    assert names.own - set(types[kind]["arguments"]) == set()
    assert names.nested - set(types[kind]["nested"]) == set()


def test_most_resources_are_read() -> None:
    """A reading that finds nothing would agree with every version."""
    found = {where.partition(": ")[2]: names for where, _, names in _resources()}
    assert len(found) > 50
    assert all(names.own for names in found.values())
    firewall = found["aws_wafv2_web_acl.items"]
    assert {"name", "default_action", "rule"} <= firewall.own
    assert {"priority", "statement", "default_size_inspection_limit", "metric_name"} <= firewall.nested
    assert "content" not in firewall.nested
    assert found["aws_sqs_queue.this"].nested == set(), "what stands in a policy is no argument"


@pytest.mark.parametrize(
    ("body", "own", "nested"),
    [
        ('  a = "x"\n  b {\n    c = 1\n    d {\n      e = 2\n    }\n  }\n', {"a", "b"}, {"c", "d", "e"}),
        ('  a = jsonencode({\n    x = [\n      { y = "}" }, # }\n    ]\n  })\n  b = 1\n', {"a", "b"}, set()),
        ("  lifecycle {\n    precondition {\n      condition = true\n    }\n  }\n  a = 1\n", {"a"}, set()),
        ('  dynamic "rule" {\n    for_each = x\n    content {\n      y = 1\n    }\n  }\n', {"rule"}, {"y"}),
    ],
)
def test_the_reading_itself(body: str, own: set[str], nested: set[str]) -> None:
    assert used(body) == Used(own, nested)


@pytest.mark.parametrize("folder", ["", *MODULES])
def test_every_folder_takes_both_versions(folder: str) -> None:
    text = (ROOT / folder / "versions.tf").read_text(encoding="utf-8")
    assert f"version = {_CONSTRAINT}" in text


def test_the_region_is_read_by_the_name_that_both_versions_have() -> None:
    for folder in ("", *MODULES):
        for path in (ROOT / folder).glob("*.tf"):
            assert "aws_region.current.name" not in path.read_text(encoding="utf-8")
