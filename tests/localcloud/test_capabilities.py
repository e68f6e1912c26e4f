"""The capability probes on the local cloud: what they find and leave behind, and what a lost capability leads to."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.integration.checkout import clean_environment
from tests.integration.sweep import Inventory, inventory
from tests.localcloud.aws import Aws
from tools.access.environments import LOCAL, Environment, on_aws, on_emulator
from tools.access.listing import everything
from tools.checks.capabilities import QUICK, Finding, differences, find_out, probing
from tools.errors import UsageProblem
from tools.project import find_project

ROOT = find_project().root


def _environment(aws: Aws) -> Environment:
    return on_emulator(find_project(), LOCAL, aws.url, key=aws.key)


@pytest.fixture(scope="module")
def before(aws: Aws) -> Inventory:
    return inventory(aws)


@pytest.fixture(scope="module")
def found(aws: Aws, before: dict[str, Any]) -> dict[str, Finding]:
    with probing(_environment(aws), QUICK) as running:
        return find_out(running, "ministack", QUICK)


def test_the_local_cloud_has_the_expected_capabilities(found: dict[str, Finding]) -> None:
    assert list(found) == list(QUICK)
    assert differences("ministack", found) == []


def test_probes_leave_nothing_behind(aws: Aws, before: dict[str, set[str]], found: dict[str, Finding]) -> None:
    assert inventory(aws) == before


def test_leaving_does_not_wait_for_unfinished_probes(aws: Aws, before: dict[str, set[str]]) -> None:
    """The schedule's probe takes a minute; its resources are removed all the same."""
    started = time.monotonic()
    with probing(_environment(aws), ["schedule", "gateway-responses"]) as running:
        assert running.wait(["gateway-responses"])["gateway-responses"] == Finding(True)
    assert time.monotonic() - started < 20
    assert inventory(aws)["rules"] == before["rules"]


def test_an_endpoint_without_an_api_lacks_the_capability_and_notes_why() -> None:
    environment = on_emulator(find_project(), LOCAL, "http://127.0.0.1:9")
    with probing(environment, ["throttle"]) as running:
        finding = running.wait(["throttle"])["throttle"]
    assert not finding.found
    assert finding.note.startswith("EndpointConnectionError: Could not connect")


def test_capabilities_that_do_not_exist_and_aws_itself_are_refused(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageProblem, match="There is no capability 'autorizer'; there are: authorizer, "):
        probing(_environment(aws), ["autorizer"]).__enter__()
    for variable in ("AWS_ENDPOINT_URL", "TF_VAR_emulator"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    with pytest.raises(UsageProblem, match="dev is on AWS; capabilities are probed on emulators"):
        probing(on_aws(find_project(), "dev")).__enter__()


def _run(aws: Aws, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module with the access key of the given cloud, which belongs to another checkout."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=cwd,
        env=clean_environment() | aws.key.variables(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_lost_capability_ends_the_integration_tests_before_anything_is_deployed(
    without_redrives: Aws, tmp_path: Path
) -> None:
    """The real suite, started from another directory, on a local cloud without one patch."""
    tests = ROOT / "tests" / "integration"
    (tmp_path / "elsewhere").mkdir()
    done = _run(
        without_redrives,
        tmp_path / "elsewhere",
        "pytest",
        str(tests),
        f"--endpoint-url={without_redrives.url}",
        f"--basetemp={tmp_path / 'temp'}",
        "-p",
        "no:cacheprovider",
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "MiniStack has lost the capability dlq-redrive-move-task: " in done.stdout
    table = [line.split()[:3] for line in done.stdout.splitlines()]
    assert ["dlq-redrive-move-task", "no", "yes"] in table
    assert ["authorizer", "yes", "yes"] in table
    assert "no tests ran" in done.stdout
    assert everything(without_redrives("lambda"), "list_functions") == []


def test_the_command_fails_where_an_engine_is_not_as_expected(aws: Aws, without_redrives: Aws) -> None:
    names = ("throttle", "response-cache", "dlq-redrive-move-task")
    command = ("tools", "capabilities", *names, "--check", "--json", "--endpoint-url")
    good, bad = (_run(one, ROOT, *command, one.url) for one in (aws, without_redrives))
    assert (good.returncode, bad.returncode) == (0, 10), good.stderr + bad.stderr
    report = json.loads(good.stdout)
    assert report["engine"] == "ministack"
    assert set(report["capabilities"]) == set(names)
    assert report["capabilities"]["throttle"] == {"found": True, "expected": True, "note": ""}
    assert report["capabilities"]["response-cache"]["expected"] is False
    assert "dlq-redrive-move-task" in bad.stdout.partition('"error"')[2]
