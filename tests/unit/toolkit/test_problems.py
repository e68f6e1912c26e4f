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


@pytest.mark.parametrize(
    ("workspace", "emptying"),
    [
        ("local", "python -m tools down --engine ministack && rm -r .local/cloud"),
        ("localstack", "python -m tools down --engine localstack && rm -r .local/localstack"),
        ("dev", "python -m tools down --engine ministack && rm -r .local/cloud"),
    ],
)
def test_what_stands_in_the_way_is_emptied_where_it_is(workspace: str, emptying: str) -> None:
    taken = {"severity": "error", "summary": "creating S3 Bucket (b): BucketAlreadyOwnedByYou"}
    assert emptying in explain([taken], "apply", emulated=True, workspace=workspace).mend


def test_an_engine_that_is_down_is_started_by_its_own_command() -> None:
    refused = {"severity": "error", "summary": "dial tcp 127.0.0.1:4567: connect: connection refused"}
    error = explain([refused], "plan", emulated=True, workspace="localstack")
    assert (error.problem, error.mend) == ("LocalStack does not answer.", "python -m tools up --engine localstack")
