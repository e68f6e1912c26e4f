"""What is refused is refused while planning, with a sentence that says what to do."""

from __future__ import annotations

import re

import pytest

from tests.terraform.refusals import FILES, sentences
from tests.terraform.scratch import MODULES, ROOT, Outcome
from tests.terraform.test_build import REFUSALS

CASES = [
    pytest.param(run, says, marks=pytest.mark.job(job), id=f"{job}-{run}")
    for job in FILES
    for run, says in sentences(job).items()
]


@pytest.mark.parametrize(("run", "says"), CASES)
def test_terraform_says(run: str, says: str, outcome: Outcome) -> None:
    assert says, f'the run "{run}" expects a failure, but no line "# says:" before it names the sentence'
    assert outcome.statuses[run] in {"fail", "error"}
    assert any(says in line for line in outcome.said[run]), outcome.said[run]


def test_every_condition_is_tried() -> None:
    """Each validation and precondition has a sentence, and a run that is refused with it."""
    tried = [says for job in FILES for says in sentences(job).values()] + list(REFUSALS.values())
    for folder in ("", *MODULES):
        for path in (ROOT / folder).glob("*.tf"):
            text = path.read_text(encoding="utf-8")
            conditions = re.findall(r"^ +(?:validation|precondition|postcondition) \{", text, re.MULTILINE)
            messages = re.findall(r'^ +error_message = "(.*)"$', text, re.MULTILINE)
            assert len(messages) == len(conditions), f"{path.name}: each condition has an error_message on one line"
            for message in messages:
                said = message.replace('\\"', '"')
                assert any(says in said for says in tried), f"{path.name}: nothing is refused with: {message}"
