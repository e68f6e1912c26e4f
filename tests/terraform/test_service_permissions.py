"""The table of service-made permissions: no local run shows that a row is missing, so the tests of the plan must."""

from __future__ import annotations

import pytest

from tests.terraform.mutations import rows
from tests.terraform.scratch import Outcome


@pytest.mark.job("without-each-row")
@pytest.mark.parametrize("row", rows())
def test_a_missing_row_is_noticed(row: str, outcome: Outcome) -> None:
    assert outcome.statuses[row] == "fail", outcome.said
    assert any(f"{row}: " in line for line in outcome.said[row]), outcome.said[row]


@pytest.mark.job("without-each-row")
def test_a_missing_row_is_the_only_thing_noticed(outcome: Outcome) -> None:
    """Each assertion stands for its row alone, so that a failure names what is missing."""
    assert {row: len(said) for row, said in outcome.said.items()} == dict.fromkeys(rows(), 1)
