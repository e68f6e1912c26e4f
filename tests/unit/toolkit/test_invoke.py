"""Invoking functions and sending recorded events."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.unit.toolkit.conftest import OUTPUTS
from tests.unit.toolkit.functions import Functions
from tools.access.environments import Environment
from tools.commands import context
from tools.deployment import deploy
from tools.errors import CloudProblem, MachineProblem, TerraformProblem, UsageProblem
from tools.operations import events, invoke
from tools.project import Project, find_project

NAMES = {"create-item": "app-create-item", "notification-sender": "app-notification-sender"}
DEPLOYED = OUTPUTS | {"functions": NAMES}


@pytest.fixture(autouse=True)
def _deployed(monkeypatch: pytest.MonkeyPatch, local: Environment) -> None:
    """Let the command line find a deployment with the test's functions."""
    monkeypatch.setattr(context, "find", lambda *_: local)
    monkeypatch.setattr(deploy, "current_outputs", lambda *_: DEPLOYED)


def test_the_answer_comes_from_the_alias_and_the_log_beside_it(command: Any, functions: Functions) -> None:
    functions.answers["app-create-item"] = {"statusCode": 201}
    code, out, err = command("invoke", "create-item")
    assert (code, json.loads(out)) == (0, {"statusCode": 201})
    assert err == "START\nhello\nEND\n\n"
    assert functions.calls == [
        {
            "function": "app-create-item",
            "event": {},
            "type": "RequestResponse",
            "LogType": "Tail",
            "Qualifier": "live",
        }
    ]


def test_scripts_get_one_document(command: Any, functions: Functions) -> None:
    functions.answers["app-create-item"] = {"statusCode": 201}
    code, out, err = command("invoke", "app-create-item", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "status": 200,
        "function": "app-create-item",
        "answer": {"statusCode": 201},
        "error": "",
        "log": "START\nhello\nEND",
    }


def test_a_function_error_has_an_exit_code_its_message_and_the_log(command: Any, functions: Functions) -> None:
    functions.errors["app-create-item"] = {"errorType": "KeyError", "errorMessage": "'body'", "stackTrace": []}
    code, out, err = command("invoke", "create-item")
    assert (code, out) == (8, "")
    assert "hello" in err
    assert "error: app-create-item failed with KeyError: 'body'.\n" in err
    code, out, err = command("invoke", "create-item", "--json")
    assert (code, err) == (8, "")
    assert json.loads(out)["error"] == "KeyError: 'body'"


@pytest.mark.parametrize(
    ("answer", "message"),
    [({"errorMessage": "Task timed out"}, "Task timed out"), ({}, "Unhandled"), (b"gone", "gone")],
)
def test_a_function_error_of_another_shape(local: Environment, functions: Functions, answer: Any, message: str) -> None:
    functions.errors["f"] = answer
    assert invoke.invoke(local, "f", {}).message == message


def test_the_event_is_read_from_a_file_or_a_pipe(
    command: Any, functions: Functions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "e.json").write_text('{"a": 1}')
    monkeypatch.setattr("sys.stdin", io.StringIO('{"a": 2}'))
    assert command("invoke", "create-item", "--event", str(tmp_path / "e.json"))[0] == 0
    assert command("invoke", "create-item", "--event", "-")[0] == 0
    assert [call["event"] for call in functions.calls] == [{"a": 1}, {"a": 2}]


def test_an_asynchronous_invocation_is_accepted_and_retried_by_lambda(command: Any, functions: Functions) -> None:
    code, out, err = command("invoke", "create-item", "--async")
    assert (code, out, err) == (0, "accepted\n", "")
    assert functions.calls[0]["type"] == "Event"


def test_an_unknown_function_lists_the_names(command: Any, functions: Functions) -> None:
    code, _, err = command("invoke", "create-itme")
    assert code == 2
    assert "no function 'create-itme'; there are: create-item, notification-sender." in err
    assert functions.calls == []


@pytest.mark.parametrize(("content", "problem"), [(None, "There is no file"), ("{", "is not JSON: ")])
def test_an_event_that_is_none(command: Any, functions: Functions, tmp_path: Path, content: Any, problem: str) -> None:
    if content is not None:
        (tmp_path / "e.json").write_text(content)
    code, _, err = command("invoke", "create-item", "--event", str(tmp_path / "e.json"))
    assert code == 2
    assert problem in err


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ResourceNotFoundException", TerraformProblem),
        ("TooManyRequestsException", CloudProblem),
        ("RequestTooLargeException", UsageProblem),
        ("AccessDeniedException", MachineProblem),
    ],
)
def test_what_lambda_refuses_is_one_sentence(
    local: Environment, functions: Functions, code: str, kind: type[Exception]
) -> None:
    functions.refusals = [code]
    with pytest.raises(kind) as caught:
        invoke.invoke(local, "f", {})
    assert getattr(caught.value, "fix", "")


def test_a_slow_function_is_waited_for_and_never_invoked_twice(
    local: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(invoke, "client", lambda *_, **config: asked.update(config) or Functions())
    invoke.invoke(local, "f", {})
    assert asked["read_timeout"] > 900
    assert asked["retries"] == {"total_max_attempts": 1}


def test_every_recorded_event_has_a_function_that_exists() -> None:
    found = events.recorded(find_project())
    assert len(found) >= 7
    assert [event.name for event in found if not event.functions] == []
    sources = {path.stem.replace("_", "-") for path in find_project().sources.glob("*/*.py")}
    known = {name for event in found for name in event.functions}
    assert known - sources == set()


def test_recorded_events_are_listed_with_their_functions(command: Any) -> None:
    code, out, _ = command("events", "list", "--json")
    assert (code, json.loads(out)) == (0, [])


@pytest.fixture
def recorded(project: Project) -> Project:
    """Put recorded events into the test's project."""
    project.events.mkdir(parents=True)
    (project.sources / "crud_api").mkdir(parents=True, exist_ok=True)
    (project.sources / "crud_api" / "create_item.py").touch()
    for name in ("create_item", "alarm_state_change", "odd"):
        (project.events / f"{name}.json").write_text(json.dumps({"name": name}))
    return project


@pytest.mark.usefixtures("recorded")
def test_a_list_for_people_and_one_for_scripts(command: Any) -> None:
    lines = command("events", "list")[1].splitlines()
    assert lines == [
        "alarm_state_change  notification-sender (by the queue notifications)",
        "create_item         create-item",
        "odd",
    ]
    assert json.loads(command("events", "list", "--json")[1])[1] == {
        "name": "create_item",
        "functions": ["create-item"],
        "queue": "",
    }


@pytest.mark.usefixtures("recorded")
def test_an_event_goes_to_its_function_or_another(command: Any, functions: Functions) -> None:
    functions.answers = {"app-create-item": 1, "app-notification-sender": 2}
    assert command("events", "send", "create_item")[:2] == (0, "1\n")
    assert command("events", "send", "create_item", "--function", "notification-sender")[:2] == (0, "2\n")
    assert [(call["function"], call["event"]) for call in functions.calls] == [
        ("app-create-item", {"name": "create_item"}),
        ("app-notification-sender", {"name": "create_item"}),
    ]


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["create_itme"], "no recorded event 'create_itme'; there are: alarm_state_change, create_item, odd"),
        (["odd"], "No function is known to take odd"),
        (["create_item", "--function", "x"], "no function 'x'"),
        (["alarm_state_change"], "no queue notifications"),
    ],
)
def test_what_cannot_be_sent(command: Any, functions: Functions, arguments: list[str], problem: str) -> None:
    code, _, err = command("events", "send", *arguments)
    assert code == 2
    assert problem in err


@mock_aws
def test_an_event_that_a_rule_puts_into_a_queue_goes_there(recorded: Project, aws: Environment) -> None:
    sqs = boto3.client("sqs", region_name="eu-west-1")
    url = sqs.create_queue(QueueName="notifications")["QueueUrl"]
    event = events.find(recorded, "alarm_state_change")
    content = events.load(recorded, event)
    done = events.send(aws, DEPLOYED | {"queues": {"notifications": url}}, event, content)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"]) == {"name": "alarm_state_change"}
    assert done["messageId"] == message["MessageId"]


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"statusCode": 500, "body": "{}"}, 8),
        ({"statusCode": 404, "body": "{}"}, 0),
        ({"batchItemFailures": [{"itemIdentifier": "1"}]}, 8),
        ({"batchItemFailures": []}, 0),
        ([1], 0),
    ],
)
@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_failure_that_a_function_answers_is_one(
    command: Any, functions: Functions, answer: Any, code: int, flags: list[str]
) -> None:
    functions.answers = {"app-create-item": answer}
    given, out, err = command("events", "send", "create_item", *flags)
    assert given == code
    assert json.loads(out)
    assert ("failed with" in err) == (code != 0 and not flags)
