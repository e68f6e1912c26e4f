"""What Terraform says, as recorded from Terraform itself, and what people are told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.deployment.terraform.problems import Taken, explain

RECORDED: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("diagnostics.json").read_text())


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_failure_is_one_sentence_with_its_fix(name: str) -> None:
    case = RECORDED[name]
    error = explain(case["diagnostics"], "plan", emulated=case.get("emulated", False), workspace="dev")
    assert error.kind == case["kind"]
    assert case["problem"] in error.problem
    assert case["fix"] in error.fix
    assert "\n" not in error.problem + error.fix
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
    assert error.fix


@pytest.mark.parametrize(
    ("code", "taken"),
    [
        ("BucketAlreadyOwnedByYou", True),
        ("ResourceConflictException: The statement id (x) provided already exists", True),
        ("ResourceConflictException: Function already exist", True),
        ("QueueAlreadyExists: exists with different attributes", True),
        ("InvalidParameter: Topic already exists with different tags", True),
        ("EntityAlreadyExists", True),
        ("ResourceExistsException", True),
        ("ResourceAlreadyExistsException", True),
        ("AlreadyExistsException: An alias with the name already exists", True),
        ("WAFDuplicateItemException", True),
        ("StatusCode: 409", True),
        ("AccessDenied", False),
    ],
)
@pytest.mark.parametrize("emulated", [True, False])
def test_what_is_refused_for_existing_is_told_by_its_address(code: str, taken: bool, emulated: bool) -> None:
    refused = {"severity": "error", "summary": f"creating it: {code}", "address": "module.m.aws_x.y"}
    other = {"severity": "error", "summary": "Out of money", "address": "aws_x.z"}
    problem = explain([other, refused], "apply", emulated=emulated, workspace="dev")
    assert isinstance(problem, Taken) == taken
    if isinstance(problem, Taken):
        assert problem.addresses == ("module.m.aws_x.y",)
        assert "the same command goes on from here" in problem.fix


def test_nothing_offers_to_wipe_the_cloud() -> None:
    for case in RECORDED.values():
        error = explain(case["diagnostics"], "apply", emulated=True, workspace="local")
        assert ".local" not in error.fix


def test_an_engine_that_is_down_is_started_by_its_own_command() -> None:
    refused = {"severity": "error", "summary": "dial tcp 127.0.0.1:4567: connect: connection refused"}
    error = explain([refused], "plan", emulated=True, workspace="localstack")
    assert (error.problem, error.fix) == ("LocalStack does not answer.", "python -m tools up --engine localstack")
