"""What Terraform says, as recorded from Terraform itself, and what people are told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.terraform.problems import explain

RECORDED: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("diagnostics.json").read_text())


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_failure_is_one_sentence_with_its_mend(name: str) -> None:
    case = RECORDED[name]
    error = explain(case["diagnostics"], "plan", emulated=case.get("emulated", False), workspace="dev")
    assert error.kind == case["kind"]
    assert case["problem"] in error.problem
    assert case["mend"] in error.mend
    assert "\n" not in error.problem + error.mend
    assert error.problem.endswith(".")


def test_the_same_complaint_of_many_resources_is_said_once() -> None:
    one = {"severity": "error", "summary": "Disk full", "detail": ""}
    assert explain([one] * 8, "apply", emulated=False).problem == "terraform apply: Disk full."


def test_of_many_complaints_three_are_shown_and_the_rest_counted() -> None:
    many = [{"severity": "error", "summary": f"Reason {number}"} for number in range(5)]
    problem = explain(many, "apply", emulated=False).problem
    assert problem == "terraform apply: Reason 0; Reason 1; Reason 2 (and 2 more)."


def test_a_warning_is_no_reason() -> None:
    error = explain([{"severity": "warning", "summary": "Deprecated"}], "plan", emulated=False)
    assert "without saying why" in error.problem
    assert error.mend
