"""What the doctor says of an account's concurrency."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tools.access.environments import Environment
from tools.checks import concurrency
from tools.checks.concurrency import look, reservable

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("total", "unreserved", "level", "said"),
    [
        (10, 10, "warning", "no function can reserve any"),
        (100, 100, "warning", "no function can reserve any"),
        (110, 110, "ok", "functions can reserve 10 more"),
        (1000, 1000, "ok", "functions can reserve 900 more; ready in prod.tfvars, to be uncommented: image-processor"),
        (1000, 120, "ok", "functions can reserve 20 more; ready"),
        (1000, 119, "ok", "functions can reserve 19 more"),
    ],
)
def test_it_says_what_may_be_reserved(
    monkeypatch: pytest.MonkeyPatch, total: int, unreserved: int, level: str, said: str
) -> None:
    def client(_: Environment, service: str) -> Any:
        assert service == "lambda"
        limit = {"ConcurrentExecutions": total, "UnreservedConcurrentExecutions": unreserved}
        return SimpleNamespace(get_account_settings=lambda: {"AccountLimit": limit})

    monkeypatch.setattr(concurrency, "client", client)
    finding = look(Environment("prod", ROOT / "environments" / "prod.tfvars", {}, None, None, None))
    assert finding.level == level
    assert finding.found.startswith(f"{total} in all, {unreserved} unreserved: {said}")
    assert ("ready" in finding.found) == (unreserved >= 120)
    assert bool(finding.fix) == (level == "warning")


def test_a_reservation_stands_ready_for_production_and_is_left_out() -> None:
    text = (ROOT / "environments" / "prod.tfvars").read_text(encoding="utf-8")
    (ready,) = re.findall(r"#\s+image-processor = \{ reserved = (\d+) \}", text)
    assert 0 < int(ready) <= reservable(1000)
    assert not re.search(r"^\s*image-processor", text, re.MULTILINE)
