"""Redriving: what moves back, what a dry run shows, and that nothing is ever lost."""

from __future__ import annotations

import json
from typing import Any

import botocore.exceptions
import pytest

from tests.unit.toolkit.conftest import OUTPUTS
from tests.unit.toolkit.functions import Functions
from tests.unit.toolkit.queues import Queues, failed
from tools.access.environments import Environment
from tools.commands import context, events
from tools.deployment import deploy
from tools.errors import DeliveryProblem, TerraformProblem, UsageProblem
from tools.operations.redrive import find_queue, look, move
from tools.operations.redrive.records import reason


def _nothing(_: int, __: int) -> None:
    pass


def _move(queues: Queues, **options: Any) -> Any:
    options = {"progress": _nothing, "sleep": lambda _: None} | options
    return move(queues, queues.urls["notifications_dlq"], queues.urls["notifications"], **options)


def test_sqs_moves_the_messages_and_is_followed_to_the_end(queues: Queues) -> None:
    queues.put("notifications_dlq", *"abcde")
    seen: list[tuple[int, int]] = []
    outcome = _move(queues, progress=lambda done, total: seen.append((done, total)))
    assert (outcome.found, outcome.sent, outcome.kept) == (5, 5, [])
    assert seen == [(2, 5), (4, 5), (5, 5), (5, 5)]
    assert queues.bodies("notifications") == list("abcde")


def test_nothing_to_move_starts_nothing(queues: Queues) -> None:
    assert _move(queues).as_dict() == {"found": 0, "sent": 0, "kept": []}
    assert queues.tasks == []


def test_a_move_that_is_under_way_is_followed_not_started_again(queues: Queues) -> None:
    queues.put("notifications_dlq", "a")
    queues.start_message_move_task(SourceArn=":app-notifications_dlq", DestinationArn=":app-notifications")
    assert _move(queues).sent == 1
    assert len(queues.tasks) == 1


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
def test_a_move_that_sqs_gives_up_is_one_sentence(queues: Queues, status: str) -> None:
    queues.put("notifications_dlq", *"abc")
    queues.ends = status
    with pytest.raises(DeliveryProblem, match="SQS stopped after 2 messages: AWS"):
        _move(queues)


def test_where_there_are_no_move_tasks_each_message_is_moved_by_hand(queues: Queues) -> None:
    queues.refuses_tasks = "InvalidAction"
    queues.put("notifications_dlq", *"abcdefghijkl", trace="t")
    assert _move(queues).as_dict() == {"found": 12, "sent": 12, "kept": []}
    options = {"MaxNumberOfMessages": 1, "MessageAttributeNames": ["All"]}
    (one,) = queues.receive_message(QueueUrl=queues.urls["notifications"], **options)["Messages"]
    assert one["MessageAttributes"]["trace"]["StringValue"] == "t"
    assert queues.bodies("notifications_dlq") == []


def test_a_limit_moves_no_more(queues: Queues) -> None:
    queues.put("notifications_dlq", *"abc")
    assert _move(queues, limit=2).sent == 2
    assert len(queues.bodies("notifications")) == 2
    assert len(queues.bodies("notifications_dlq")) == 1
    assert queues.tasks == []


def test_a_refusal_that_means_something_else_is_not_worked_around(queues: Queues) -> None:
    queues.put("notifications_dlq", "a")
    queues.refuses_tasks = "AccessDenied"
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        _move(queues)


def test_an_interrupted_move_loses_nothing(queues: Queues) -> None:
    queues.refuses_tasks = "InvalidAction"
    queues.put("notifications_dlq", *"abcde")
    queues.refuses["send"] = 2
    with pytest.raises(botocore.exceptions.ClientError):
        _move(queues)
    # The one under way is hidden for a while; the others of its page are there again at once.
    assert len(queues.bodies("notifications")) == 2
    assert len(queues.bodies("notifications_dlq")) == 2


def test_a_dry_run_shows_and_leaves_everything(queues: Queues) -> None:
    queues.put("failures", failed("app-image-processor", {}), "x" * 5000)
    seen = look(queues, queues.urls["failures"])
    assert seen["found"] == 2
    assert {message["reason"] for message in seen["messages"]} == {
        "RetriesExhausted (Unavailable)",
        "received 1 times",
    }
    assert max(len(message["body"]) for message in seen["messages"]) == 2000
    assert all(message["sent"].endswith("Z") for message in seen["messages"])
    assert len(queues.bodies("failures")) == 2


def test_a_dry_run_is_bounded(queues: Queues) -> None:
    queues.put("failures", *(str(number) for number in range(15)))
    assert len(look(queues, queues.urls["failures"])["messages"]) == 10
    assert len(look(queues, queues.urls["failures"], 12)["messages"]) == 12
    assert len(queues.bodies("failures")) == 15


def test_eventbridge_says_why_in_attributes() -> None:
    attributes = {
        "ERROR_CODE": {"StringValue": "NO_PERMISSIONS"},
        "ERROR_MESSAGE": {"StringValue": "The queue refuses"},
    }
    assert reason({"Body": "{}", "MessageAttributes": attributes}) == "NO_PERMISSIONS: The queue refuses"


def test_what_there_is_to_redrive() -> None:
    outputs = {"queues": {"orders": "o", "failures": "f"}, "dead_letter_queues": {"orders": "o-dlq"}}
    assert [find_queue(outputs, name) for name in ("orders", "failures")] == ["o-dlq", "f"]
    with pytest.raises(UsageProblem, match="'moon'; there are: orders, failures"):
        find_queue(outputs, "moon")
    with pytest.raises(TerraformProblem, match="no queue failures"):
        find_queue({}, "failures")


@pytest.fixture
def deployed(queues: Queues, functions: Functions, aws: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command line find a deployment with the test's queues."""
    outputs = OUTPUTS | {
        "queues": {name: queues.urls[name] for name in ("notifications", "failures")},
        "dead_letter_queues": {"notifications": queues.urls["notifications_dlq"]},
        "functions": {"image-processor": "app-image-processor"},
    }
    monkeypatch.setattr(context, "find", lambda *_: aws)
    monkeypatch.setattr(deploy, "current_outputs", lambda *_: outputs)
    monkeypatch.setattr("tools.access.clients.client", lambda *_, **__: queues)


@pytest.mark.usefixtures("deployed")
def test_the_command_moves_and_counts(command: Any, queues: Queues) -> None:
    queues.put("notifications_dlq", "a", "b")
    code, out, err = command("redrive", "notifications")
    assert (code, out) == (0, "On their way again: 2 of 2 messages.\n")
    assert "Redriving notifications: 2 of 2\n" in err


@pytest.mark.usefixtures("deployed")
def test_the_command_explains_what_stays(command: Any, queues: Queues) -> None:
    queues.put("failures", "no json", failed("app-image-processor", {}))
    code, out, err = command("redrive", "failures", "--json")
    assert code == 9
    document = json.loads(out)
    assert (document["found"], document["sent"]) == (2, 1)
    assert f"  stays: {document['kept'][0]['id']}: its body is not JSON\n" in err


@pytest.mark.usefixtures("deployed")
def test_a_dry_run_of_the_command_sends_nothing(command: Any, queues: Queues, functions: Functions) -> None:
    assert command("redrive", "failures", "--dry-run") == (0, "", "0 messages\n")
    queues.put("failures", failed("app-image-processor", {}))
    code, out, err = command("redrive", "failures", "--dry-run")
    assert (code, out) == (0, "")
    assert err.startswith("1 message\n")
    assert "RetriesExhausted" in err
    assert json.loads(command("redrive", "failures", "--dry-run", "--json")[1])["found"] == 1
    assert functions.calls == []
    assert len(queues.bodies("failures")) == 1


def test_the_command_is_named_in_its_own_help() -> None:
    text = str(events.redrive.help)
    assert "notifications:" in text
    assert "failures:" in text
