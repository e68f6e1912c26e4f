"""What Lambda's initialisation leaves to the first invocation: nothing that every invocation needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runtime.initialisation import at_init
from tests.unit.functions.support.application import MODULES
from tests.unit.functions.support.cloud import ENVIRONMENT
from tests.unit.functions.support.recorder import granted
from tools.errors import MachineProblem

SOURCES = Path(__file__).resolve().parents[3] / "lambda_src"
# Of each function, the event that it is first invoked with here.
EVENTS = {
    "cleanup-job": "scheduled",
    "data-transformer": "dynamodb_stream",
    "health-checker": "health_check",
    "image-processor": "s3_object_created",
    "notification-sender": "sqs_notifications",
    "report-generator": "scheduled",
    "rest-authorizer": "authorizer_token",
}
# Of a function whose event is nowhere recorded: another one's of its kind.
EVENTS_OF_A_KIND = {"processors": "sqs_notifications", "scheduled": "scheduled", "websocket": "websocket_message"}
EVENT_FILES = SOURCES.parent / "tests" / "events"
# Packages that take long to import.
SLOW = ("boto3", "botocore", "fastjsonschema", "aws_lambda_powertools", "jwt", "cryptography")
# Runs in a fresh process: initialises the function where nothing answers, invokes it, and tells what each has made.
PROGRAM = """
import importlib, json, sys
import boto3, pathlib
import web.answers
module, event, schemas = sys.argv[1:]
web.answers.SCHEMAS = pathlib.Path(schemas)
clients = []
make = boto3.client
boto3.client = lambda service, **options: clients.append(service) or make(service, **options)
function = importlib.import_module(module)
initialised, modules = list(clients), set(sys.modules)
class Context:
    aws_request_id, function_name = "id", "function"
    def get_remaining_time_in_millis(self): return 9000
try:
    answer = function.handler(json.loads(event), Context())
except Exception as error:
    answer = type(error).__name__
json.dump([initialised, clients[len(initialised):], sorted(set(sys.modules) - modules), answer], sys.stderr)
"""


def _first_invocation(
    function: str, schemas: Path | None = None, **variables: str
) -> tuple[list[str], list[str], list[str], Any]:
    """Return the clients made at init and in the first invocation, the modules loaded by the latter, and its answer."""
    name = EVENTS.get(function, function.replace("-", "_"))
    if not (EVENT_FILES / f"{name}.json").exists():
        name = EVENTS_OF_A_KIND[MODULES[function].partition(".")[0]]
    event = (EVENT_FILES / f"{name}.json").read_text(encoding="utf-8")
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"}
    checked = {"VALIDATE_ANSWERS": str(schemas is not None).lower()}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, MODULES[function], event, str(schemas)],
        capture_output=True,
        check=False,
        cwd=SOURCES,
        env={
            **{n: v for n, v in os.environ.items() if not n.startswith("AWS_")},
            **ENVIRONMENT,
            **nowhere,
            **checked,
            **variables,
        },
        text=True,
    )
    assert done.returncode == 0, done.stderr
    initialised, later, modules, answer = json.loads(done.stderr.splitlines()[-1])
    return initialised, later, modules, answer


@pytest.mark.parametrize("function", sorted(MODULES))
def test_the_first_invocation_makes_nothing_that_every_invocation_needs(function: str) -> None:
    initialised, later, modules, _ = _first_invocation(function)
    assert initialised or not granted()[function], "nothing is made at init"
    assert later == []
    assert [name for name in modules if name.startswith(SLOW)] == []


def test_a_failed_initialisation_is_met_again_by_the_first_invocation() -> None:
    """Without its settings a function still starts, and answers as it does whenever something is wrong."""
    *_, answer = _first_invocation("get-item", ITEMS_TABLE="")
    assert answer["statusCode"] == 500
    *_, answer = _first_invocation("rest-authorizer", TOKEN_SECRET_ARN="")
    assert answer == "SettingError"


def test_what_cannot_be_reached_at_init_is_reported_by_the_first_invocation() -> None:
    *_, answer = _first_invocation("get-item")
    assert answer["statusCode"] == 503
    *_, answer = _first_invocation("rest-authorizer")
    assert answer != "SettingError"


def test_an_import_alone_runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    monkeypatch.delenv("AWS_LAMBDA_INITIALIZATION_TYPE", raising=False)
    at_init(lambda: ran.append("import"))
    assert ran == []


def test_each_step_runs_whatever_became_of_those_before(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def fail() -> None:
        raise OSError

    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "provisioned-concurrency")
    at_init(fail, lambda: ran.append("second"))
    assert ran == ["second"]


def test_answers_are_checked_with_what_was_compiled_at_init(schemas: Path) -> None:
    _, _, modules, answer = _first_invocation("get-item", schemas)
    assert answer["statusCode"] == 503
    assert [name for name in modules if name.startswith("fastjsonschema")] == []


@pytest.mark.full
def test_first_answers_stay_within_their_budgets() -> None:
    """Modelled from processor time in times of a naive handler's, so that a slow or busy machine does not fail it."""
    if sys.platform != "linux":
        pytest.skip("the processor time of another process is read as Linux tells it")
    bench = SOURCES.parent / "tests" / "benchmarks" / "bench_cold.py"
    done = subprocess.run([sys.executable, bench, "--rounds", "3"], capture_output=True, check=False, text=True)
    if done.returncode == MachineProblem.exit_code:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stdout + done.stderr
