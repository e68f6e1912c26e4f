"""The recorded events of every trigger, and how each is sent to a deployment.

They are what AWS passes to the functions, with made-up accounts and ids; what they name (an item, an upload) is usually
not there, which a function must bear.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tools.access.clients import answering, client
from tools.access.environments import Environment
from tools.errors import UsageProblem
from tools.operations.invoke import document, function_name, invoke, read_event
from tools.project import Project
from tools.terminal.suggestions import did_you_mean

# The functions behind an event that does not bear the name of its only one. The event is sent to the first of them; of
# those that a schedule starts, that is the one whose run changes nothing.
FUNCTIONS: dict[str, tuple[str, ...]] = {
    "alarm_state_change": ("notification-sender",),
    "authorizer_request": ("rest-authorizer",),
    "authorizer_token": ("rest-authorizer",),
    "dynamodb_stream": ("data-transformer",),
    "health_check": ("health-checker",),
    "s3_object_created": ("image-processor",),
    "scheduled": ("health-checker", "cleanup-job", "report-generator"),
    "sqs_notifications": ("notification-sender",),
}
# Events that no function takes as they are: their rule puts them into a queue, and so do we.
QUEUED = {"alarm_state_change": "notifications"}


@dataclass(frozen=True)
class Recorded:
    """A recorded event.

    Parameters
    ----------
    name
        Of its file, without the ending.
    functions
        The functions that take it; the first is sent it.
    queue
        The queue that it is sent to instead, or empty.
    """

    name: str
    functions: tuple[str, ...]
    queue: str = ""


def recorded(project: Project) -> list[Recorded]:
    """Return all recorded events, by name."""
    paths = sorted(project.events.glob("*.json"))
    return [Recorded(path.stem, _functions(project, path.stem), QUEUED.get(path.stem, "")) for path in paths]


def _functions(project: Project, event: str) -> tuple[str, ...]:
    own = (event.replace("_", "-"),) if any(project.sources.glob(f"*/{event}.py")) else ()
    return FUNCTIONS.get(event, own)


def find(project: Project, name: str) -> Recorded:
    """Return the recorded event `name`, or raise `UsageProblem`."""
    events = {event.name: event for event in recorded(project)}
    if name not in events:
        raise UsageProblem(
            f"There is no recorded event {name!r}; there are: {', '.join(events)}.{did_you_mean(name, events)}",
            "python -m tools events list",
        )
    return events[name]


def load(project: Project, event: Recorded) -> Any:
    """Return a recorded event's content."""
    return read_event(str(project.events / f"{event.name}.json"))


def send(
    environment: Environment, outputs: dict[str, Any], event: Recorded, content: Any, function: str | None = None
) -> dict[str, Any]:
    """Send an event and return what came of it, as JSON values.

    Parameters
    ----------
    function
        Invoke this function instead of the one that the event is for.

    Returns
    -------
    dict
        `event`, and either `queue` and `messageId`, or what `tools.operations.invoke.document` returns.
    """
    if event.queue and function is None:
        urls = outputs.get("queues", {})
        if event.queue not in urls:
            raise UsageProblem(f"The deployment has no queue {event.queue}.", "python -m tools deploy")
        with answering(environment, f"a message for {event.queue}"):
            answer = client(environment, "sqs").send_message(
                QueueUrl=urls[event.queue], MessageBody=json.dumps(content)
            )
        return {"event": event.name, "queue": event.queue, "messageId": answer["MessageId"]}
    if function is None and not event.functions:
        raise UsageProblem(
            f"No function is known to take {event.name}.", f"python -m tools events send {event.name} --function NAME"
        )
    name = function_name(outputs, function or event.functions[0])
    return {"event": event.name, **document(invoke(environment, name, content))}
