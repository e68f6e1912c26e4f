"""Delivering changes, and coming back from accidents. Last in the suite: it destroys and deploys again."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from localcloud import status
from tests.integration.api import ITEM, Caller, assert_problem
from tests.integration.checkout import Checkout
from tests.integration.sweep import Inventory, leftovers
from tools.access import tokens
from tools.access.http import call
from tools.access.listing import everything


def _versions(aws: Callable[[str], Any], outputs: dict[str, Any]) -> dict[str, str]:
    client = aws("lambda")
    return {
        name: client.get_alias(FunctionName=function, Name="live")["FunctionVersion"]
        for name, function in outputs["functions"].items()
    }


def _alice(checkout: Checkout) -> Caller:
    outputs = checkout.outputs()
    return Caller(outputs["api_url"], tokens.mint(checkout.reach(), outputs, "alice"))


def test_a_second_deploy_has_nothing_to_do_and_the_plan_is_empty(checkout: Checkout) -> None:
    started = time.monotonic()
    done = checkout.tools("deploy")
    assert "Nothing to do" in done.stderr
    # The claim is 0.5 s; that is a benchmark's to measure. This only tells that Terraform, at 3 s, was not started.
    assert time.monotonic() - started < 2.5
    assert checkout.tools("plan", "--detailed-exitcode", check=False).returncode == 0


def test_what_the_shell_says_of_aws_changes_nothing(checkout: Checkout, tmp_path: Path) -> None:
    """An endpoint, a profile, a broken file and a Terraform variable that are meant for something else."""
    (tmp_path / ".aws").mkdir()
    for name in ("config", "credentials"):
        (tmp_path / ".aws" / name).write_text("[profile broken\nnothing", encoding="utf-8")
    hostile = {
        "HOME": str(tmp_path),
        "AWS_PROFILE": "nonexistent",
        "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "TF_VAR_project": "zzz",
        "TF_CLI_ARGS_plan": "-destroy",
        "TF_WORKSPACE": "prod",
    }
    again = checkout.run(*checkout.command("deploy"), env=hostile)
    assert "Nothing to do" in again.stderr, "its own record is not led elsewhere either"
    planned = checkout.run(*checkout.command("plan", "--detailed-exitcode", "--json"), env=hostile, check=False)
    assert planned.returncode == 0, planned.stderr
    assert json.loads(planned.stdout)["resources"] == []
    token = checkout.run(*checkout.command("token"), env=hostile)
    assert token.stdout.count(".") == 2


def test_no_zip_has_outgrown_its_budget(checkout: Checkout) -> None:
    """Size is cold start: a function holds its own code alone, and a layer what was decided."""
    manifest = json.loads((checkout.root / "build" / "manifest.json").read_text(encoding="utf-8"))
    budgets: dict[str, dict[str, float]] = {
        "functions": dict.fromkeys(manifest["functions"], 1.3e5) | {"image-processor": 2.4e5},
        "layers": {"base": 3e6, "auth": 7.5e6, "imaging": 9e6},
    }
    found = {
        f"{kind[:-1]} {name}: {zipped['size']} bytes"
        for kind in budgets
        for name, zipped in manifest[kind].items()
        if zipped["size"] > budgets[kind].get(name, 0)
    }
    assert found == set()


@pytest.mark.needs("authorizer")
def test_one_line_in_one_handler_rebuilds_one_zip_and_updates_one_function(
    checkout: Checkout, aws: Callable[[str], Any], outputs: dict[str, Any]
) -> None:
    before = _versions(aws, outputs)
    handler = checkout.root / "lambda_src" / "crud_api" / "get_item.py"
    handler.write_text(handler.read_text(encoding="utf-8") + "\nREVISION = 2\n", encoding="utf-8")
    assert checkout.tools("plan", "--detailed-exitcode", check=False).returncode == 2
    plan = checkout.root / "one.tfplan"
    checkout.tools("plan", "--out", str(plan))
    report = checkout.build()
    assert not [artefact for artefact in report["artefacts"] if artefact["changed"]], "the plan has built it already"
    checkout.tools("deploy", "--plan", str(plan))
    after = _versions(aws, outputs)
    assert {name for name in before if before[name] != after[name]} == {"get-item"}
    assert _alice(checkout).get("/items").status == 200


def test_a_shared_module_rebuilds_exactly_the_functions_that_import_it(checkout: Checkout) -> None:
    module = checkout.root / "lambda_src" / "domain" / "paging.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(text + "\nREVISION = 2\n", encoding="utf-8")
    try:
        report = checkout.build()
        changed = {artefact["name"] for artefact in report["artefacts"] if artefact["changed"]}
        assert changed == _importers_of(checkout.root / "lambda_src", "domain.paging")
        assert changed
    finally:
        module.write_text(text, encoding="utf-8")
        checkout.build()


def _importers_of(sources: Path, module: str) -> set[str]:
    """Return the functions that load `module`, found by importing each handler in an interpreter of its own."""
    found = set()
    for handler in sources.glob("*/*.py"):
        if "\ndef handler(" not in handler.read_text(encoding="utf-8"):
            continue
        code = f"import sys; import {handler.parent.name}.{handler.stem}; print({module!r} in sys.modules)"
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=sources,
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | _FAKE,
        )
        if done.stdout.strip().endswith("True"):
            found.add(handler.stem.replace("_", "-"))
    return found


_FAKE = {"AWS_DEFAULT_REGION": "eu-west-1", "POWERTOOLS_SERVICE_NAME": "x", "POWERTOOLS_METRICS_NAMESPACE": "x"}


def test_a_saved_plan_is_refused_once_the_build_has_changed(checkout: Checkout) -> None:
    plan = checkout.root / "stale.tfplan"
    checkout.tools("plan", "--out", str(plan))
    handler = checkout.root / "lambda_src" / "crud_api" / "get_item.py"
    text = handler.read_text(encoding="utf-8")
    handler.write_text(text + "\nREVISION = 3\n", encoding="utf-8")
    checkout.build()
    done = checkout.tools("deploy", "--plan", str(plan), check=False)
    assert done.returncode == 4
    assert "has changed since" in done.stderr
    handler.write_text(text, encoding="utf-8")
    checkout.build()


@pytest.mark.needs("deployment-snapshot", "gateway-responses")
def test_an_api_change_without_a_deployment_is_not_served(
    checkout: Checkout, aws: Callable[[str], Any], outputs: dict[str, Any]
) -> None:
    """As on AWS: a stage serves the snapshot of its deployment, whatever the API says by now."""
    from tests.integration.throttling import api_id

    gateway, api = aws("apigateway"), api_id(outputs)
    root = next(r for r in everything(gateway, "get_resources", restApiId=api) if r["path"] == "/")
    made = gateway.create_resource(restApiId=api, parentId=root["id"], pathPart="undeployed")
    gateway.put_method(restApiId=api, resourceId=made["id"], httpMethod="GET", authorizationType="NONE")
    gateway.put_integration(
        restApiId=api,
        resourceId=made["id"],
        httpMethod="GET",
        type="MOCK",
        requestTemplates={"application/json": '{"statusCode": 200}'},
    )
    try:
        assert_problem(call("GET", f"{outputs['api_url']}/undeployed"), 404)
    finally:
        gateway.delete_resource(restApiId=api, resourceId=made["id"])


@pytest.mark.needs("local-cloud", "authorizer")
def test_after_the_local_cloud_was_killed_one_command_brings_the_api_back(checkout: Checkout) -> None:
    cloud = status(checkout.project)
    assert cloud is not None
    os.kill(cloud.pid, signal.SIGKILL)
    done = checkout.tools("deploy")
    assert "Smoke test" in done.stderr
    alice = _alice(checkout)
    assert alice.post("/items", ITEM).status == 201
    assert call("GET", f"{alice.url}/items").json()["items"], "the samples are there again"


@pytest.mark.needs("authorizer")
def test_destroy_leaves_nothing(checkout: Checkout, standing: Inventory) -> None:
    checkout.tools("destroy", "--yes")
    environment = checkout.reach()
    assert leftovers(lambda service: tokens.client(environment, service), standing) == {}


@pytest.mark.full
@pytest.mark.needs("authorizer")
def test_terraform_by_hand_brings_it_back(checkout: Checkout) -> None:
    """The documented way by hand: build, up, env, terraform init, terraform apply, curl."""
    if checkout.place.endpoint:
        checkout.tools("deploy")
        assert _alice(checkout).post("/items", ITEM).status == 201
        return
    usual = checkout.place.engine == "ministack"
    build, engine, env = (
        shlex.join(options)
        for options in (
            checkout.build_options,
            checkout.engine_option,
            [] if usual else ["--env", checkout.place.environment],
        )
    )
    script = (
        f"set -e; . .venv/bin/activate; python -m tools build {build} && python -m tools up {engine};"
        f'eval "$(python -m tools env {env})";'
        "terraform init -input=false; terraform apply -auto-approve -input=false -parallelism=30 "
        f"-var-file=environments/{checkout.place.environment}.tfvars;"
        "curl -sf $(terraform output -raw api_url)/items"
    )
    done = checkout.run("bash", "-c", script)
    assert json.loads(done.stdout.strip().splitlines()[-1]) == {"items": []}
    assert _alice(checkout).post("/items", ITEM).status == 201
