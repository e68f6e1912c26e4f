"""The small additions to LocalStack, as far as they work without it."""

from __future__ import annotations

import importlib.metadata
from types import SimpleNamespace
from typing import Any

import pytest

from localcloud.localstack import engine
from localcloud.localstack.host import plugins, stream_records, version
from localcloud.localstack.host.instance import Instance
from tools.errors import CloudProblem


def record(**images: dict[str, Any]) -> dict[str, Any]:
    return {"awsRegion": "us-east-1", "dynamodb": {"Keys": {"pk": {"S": "1"}}, **images}}


def test_a_record_has_the_images_of_items_that_were_there() -> None:
    inserted = record(OldImage={}, NewImage={"pk": {"S": "1"}})
    stream_records.fix(inserted, region="eu-west-1")
    assert inserted["dynamodb"].keys() == {"Keys", "NewImage"}
    assert inserted["awsRegion"] == "eu-west-1"
    removed = record(OldImage={"pk": {"S": "1"}}, NewImage={})
    stream_records.fix(removed, region="eu-west-1")
    assert removed["dynamodb"].keys() == {"Keys", "OldImage"}


def test_plugins_are_found_beside_those_of_installed_packages() -> None:
    manager: Any = SimpleNamespace(
        namespace="n", _plugin_index=None, finder=SimpleNamespace(find_plugins=lambda: ["installed"])
    )
    plugins.add(manager, "ours")
    plugins.add(manager, "more")
    assert manager.finder.find_plugins() == ["installed", "ours", "more"]
    manager._plugin_index = {}
    with pytest.raises(RuntimeError, match="have already been searched"):
        plugins.add(manager, "too late")


def test_an_instance_reports_whether_it_accepts_calls() -> None:
    taken: list[bool] = []
    first = Instance(project="/p", version="v", key="k", ready=lambda: bool(taken))
    before = first.description()
    common = {"id": before["id"], "version": "v", "project": "/p", "key": "k"}
    assert before == {**common, "ready": False, "engine": "localstack"}
    taken.append(True)
    assert first.description()["ready"]
    assert Instance(project="/p", version="v", key="k", ready=lambda: True).description()["id"] != before["id"]


@pytest.mark.parametrize("found", [None, "2026.2.0"])
def test_another_version_is_refused_with_the_fix(monkeypatch: pytest.MonkeyPatch, found: str | None) -> None:
    def installed(name: str) -> str:
        if found is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return found

    monkeypatch.setattr(importlib.metadata, "version", installed)
    with pytest.raises(
        CloudProblem, match=rf"needs localstack-core {version.VERSION}, and {found or 'none'} is"
    ) as hit:
        version.check()
    assert hit.value.fix == "python -m tools up --engine localstack"


def test_both_sides_name_the_same_version() -> None:
    assert version.VERSION == engine.VERSION
