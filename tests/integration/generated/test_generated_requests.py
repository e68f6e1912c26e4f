"""Requests that schemathesis generates from the deployed contract get no 5xx and no answer off the contract."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.api import Caller, assert_problem
from tests.integration.checkout import Checkout
from tests.integration.generated.deployed_contract import deployed_body, without_gateway_extensions
from tests.integration.throttling import api_id, throttled
from tools.access.http import call
from tools.deployment.record import state_file

HERE = Path(__file__).parent
LAMBDA_SRC = HERE.parents[2] / "lambda_src"
SEED = 20261127
# A deletion is taken where an item is, which a chain of requests comes to and no single one.
TAKEN = {"get", "put", "post", "options"}
# Of a hundred answers at most so many may be a 429: they say nothing of what they refuse.
MOST_THROTTLED = 5
# Nowhere in the contract: other paths, and longer and shorter ones than its own.
UNKNOWN_PATHS = ("/nothing", "/items/x/y", "/items/x/images/y", "/health/x", "/problems/invalid-input")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

pytestmark = pytest.mark.needs("authorizer", "gateway-responses", "throttle")


@pytest.fixture
def body(checkout: Checkout) -> dict[str, Any]:
    """The contract as API Gateway was given it."""
    state = state_file(checkout.project, checkout.reach())
    return deployed_body(json.loads(state.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Run:
    """What schemathesis found, what it said, and how many requests there were by outcome."""

    report: dict[str, Any]
    said: str
    counts: dict[str, int]

    @property
    def requests(self) -> int:
        """How many requests were answered."""
        return sum(count for outcome, count in self.counts.items() if outcome.isdigit())


@pytest.fixture
def generate(
    body: dict[str, Any],
    caller: Callable[..., Caller],
    aws: Callable[[str], Any],
    outputs: dict[str, Any],
    tmp_path: Path,
) -> Callable[..., Run]:
    """Run schemathesis with some options, as somebody whose items are this test's alone, and without the throttle."""

    def run(*options: str) -> Run:
        contract, report, counts = (tmp_path / name for name in ("contract.json", "report.json", "counts.json"))
        contract.write_text(json.dumps(without_gateway_extensions(body)), encoding="utf-8")
        somebody = caller(f"generated-{uuid4()}")
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml")]
        command += ["--no-color", "run", str(contract), "--url", somebody.url, "--seed", str(SEED), "--no-shrink"]
        command += ["--header", f"Authorization: Bearer {somebody.token}", "--continue-on-failure"]
        command += ["--report", "json", "--report-json-path", str(report), *options]
        with throttled(aws("apigateway"), api_id(outputs), rate=5000, burst=5000):
            done = subprocess.run(
                command,
                cwd=tmp_path,
                env=os.environ
                | {
                    "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"),
                    "GENERATED_REQUESTS_COUNTS": str(counts),
                    "PYTHONPATH": str(LAMBDA_SRC),
                    "NO_PROXY": "127.0.0.1,localhost",
                },
                capture_output=True,
                text=True,
                check=False,
                stdin=subprocess.DEVNULL,
                timeout=1500,
            )
        assert done.returncode in {0, 1}, done.stdout + done.stderr
        assert report.is_file(), done.stdout + done.stderr
        return Run(json.loads(report.read_text()), done.stdout, json.loads(counts.read_text()))

    return run


def _assert_clean(run: Run) -> None:
    assert run.report["failures"] == [], run.said
    assert run.report["complete"], run.said
    assert run.report["operations"]["tested"] == run.report["operations"]["total"], run.said
    assert run.report["test_cases"]["errored"] == 0, run.said
    assert not [outcome for outcome in run.counts if outcome.startswith("5")], run.counts
    assert run.counts.get("429", 0) * 100 <= MOST_THROTTLED * run.requests, run.counts


def _assert_both_sides_were_seen(run: Run, body: dict[str, Any]) -> None:
    """A run in which everything was refused, or everything taken, would have shown nothing."""
    taken = {f"{method.upper()} {path}" for path, methods in body["paths"].items() for method in set(methods) & TAKEN}
    assert taken
    for label in taken:
        assert run.counts.get(f"{label} positive"), f"never taken: {label}: {run.counts}"
    preflights = sum(count for label, count in run.counts.items() if label.startswith("OPTIONS "))
    assert run.counts["204"] > preflights, f"nothing was deleted: {run.counts}"
    assert run.counts["400"] * 10 > run.requests, run.counts


def test_some_hundred_requests_are_answered_by_the_contract(generate: Callable[..., Run], body: dict[str, Any]) -> None:
    """Each bound of the contract from both sides, then items from their creation to their end."""
    run = generate("--phases", "coverage,stateful", "--max-examples", "4")
    _assert_clean(run)
    _assert_both_sides_were_seen(run, body)
    assert run.requests >= 300, run.counts


@pytest.mark.full
def test_thousands_of_requests_are_answered_by_the_contract(generate: Callable[..., Run], body: dict[str, Any]) -> None:
    run = generate("--phases", "coverage,fuzzing,stateful", "--max-examples", "400", "--workers", "2")
    _assert_clean(run)
    _assert_both_sides_were_seen(run, body)
    assert run.requests >= 5000, run.counts


def test_nothing_is_answered_off_the_contract(body: dict[str, Any], caller: Callable[..., Caller]) -> None:
    """Every method on every path of the contract that has it not, and on paths that are not there."""
    alice = caller()
    identified = "019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a10"
    tried = [(path.replace("{id}", identified), set(methods)) for path, methods in body["paths"].items()]
    tried += [(path, set[str]()) for path in UNKNOWN_PATHS]
    unknown = [(method, path) for path, has in tried for method in METHODS if method.lower() not in has]
    assert len(unknown) > 30
    for method, path in unknown:
        for token in (alice.token, None):
            answer = call(method, alice.url + path, token=token, body=b"{}" if method in {"POST", "PUT"} else None)
            assert_problem(answer, 404)
            assert "access-control-allow-origin" in answer.headers, (method, path)
