"""The configuration is formatted, valid, and plans what it says: everywhere `terraform test` of the folder itself."""

from __future__ import annotations

import pytest

from tests.terraform.scratch import MODULES, ROOT, Outcome, terraform


@pytest.mark.parametrize("job", [pytest.param(name, marks=pytest.mark.job(name)) for name in ("dev", "prod", "local")])
def test_environment_plans(job: str, outcome: Outcome) -> None:
    assert outcome.statuses
    assert outcome.failures == ""


@pytest.mark.parametrize("job", [pytest.param(name, marks=pytest.mark.job(name)) for name in MODULES])
def test_module(job: str, outcome: Outcome) -> None:
    assert outcome.statuses
    assert outcome.failures == ""


def test_everything_is_formatted() -> None:
    # Folders with a dot, such as .venv, are not looked into
    result = terraform(ROOT, "fmt", "-check", "-recursive", "-list=true")
    assert result.stdout.splitlines() == []


@pytest.mark.job("validate")
def test_the_whole_is_valid(outcome: Outcome) -> None:
    assert outcome.failures == ""
