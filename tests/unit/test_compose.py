"""compose.yaml: it cannot be started here, so what would hurt most is held."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tools.project import find_project


@pytest.fixture(scope="module")
def service() -> dict[str, Any]:
    document = yaml.safe_load((find_project().root / "compose.yaml").read_text(encoding="utf-8"))
    assert list(document["services"]) == ["localstack"]
    return dict(document["services"]["localstack"])


def test_it_is_reached_from_this_machine_alone(service: dict[str, Any]) -> None:
    assert service["ports"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_the_token_comes_from_outside_and_its_absence_is_said(service: dict[str, Any]) -> None:
    name, _, message = service["environment"]["LOCALSTACK_AUTH_TOKEN"].partition(":?")
    assert name == "${LOCALSTACK_AUTH_TOKEN"
    assert message.strip("}"), "compose says nothing when there is no token"


def test_answers_name_the_port_that_is_published(service: dict[str, Any]) -> None:
    host, _, container = service["ports"][0].rpartition(":")
    assert container == "4566"
    assert service["environment"]["LOCALSTACK_HOST"] == host
