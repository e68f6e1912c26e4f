"""The smoke checks against any deployment: `pytest tests/e2e --deployed dev`."""

from __future__ import annotations

import pytest

from tools.access.environments import find
from tools.access.tokens import mint
from tools.deployment.deploy import current_outputs
from tools.deployment.smoke import Smoke
from tools.project import find_project


def test_the_deployment_answers_as_its_contract_says(request: pytest.FixtureRequest) -> None:
    name = request.config.getoption("--deployed")
    if name is None:
        pytest.skip("no deployment named: --deployed ENV")
    environment = find(find_project(), name)
    outputs = current_outputs(find_project(), environment)
    smoke = Smoke.of(outputs, lambda subject: mint(environment, outputs, subject), emulated=environment.emulated)
    checks = smoke.run()
    assert [f"{check.name}: {check.detail}" for check in checks if not check.ok] == []
