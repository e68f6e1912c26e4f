"""docs/permissions.md shows what Terraform plans now, so that a reviewer sees every change of a permission."""

from __future__ import annotations

import re

import pytest

from tests.terraform.permissions import COMMAND, PAGE, render
from tests.terraform.scratch import Outcome, function_names

pytestmark = pytest.mark.job("permissions")


def test_the_page_is_what_terraform_plans(outcome: Outcome) -> None:
    assert outcome.failures == ""
    planned = render(outcome.planned["everything"])
    assert PAGE.read_text(encoding="utf-8") == planned, f"run: {COMMAND}"


def test_no_function_is_missing_and_something_starts_each(outcome: Outcome) -> None:
    page = render(outcome.planned["everything"])
    functions = page.partition("## Functions")[2].partition("## Other roles")[0]
    sections = dict(re.findall(r"^### (\S+)\n(.*?)(?=^### |\Z)", functions, re.MULTILINE | re.DOTALL))
    assert set(sections) == set(function_names())
    for name, section in sections.items():
        assert "Assumed by `lambda.amazonaws.com`." in section, name
        assert "`logs:PutLogEvents`" in section, name
        started = section.partition("Started by:")[2]
        assert "`lambda:InvokeFunction`" in started or "| polls |" in started, name
