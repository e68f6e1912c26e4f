"""Commands that reach into a deployment: its functions, their events, and what has failed."""

from __future__ import annotations

import json
from typing import Any

import click

from tools.commands import context
from tools.errors import DeliveryProblem, FunctionProblem
from tools.terminal.console import Console

_BODY = 60  # characters of a message's body in a table; --json has more


@click.command()
@click.argument("function")
@click.option("--event", metavar="FILE", help="The event, as JSON; - reads standard input. Without it: {}.")
@click.option(
    "--async", "asynchronous", is_flag=True, help="As S3 and EventBridge do: accepted now, retried by Lambda."
)
@context.env
@context.endpoint
@context.json
def invoke(  # noqa: PLR0917 - a command's parameters are its options
    function: str, event: str | None, asynchronous: bool, env: str, endpoint_url: str | None, as_json: bool
) -> None:
    """Invoke a deployed FUNCTION (create-item, image-processor, ...) and show its answer and the end of its log."""
    from tools.operations import invoke as stage

    content = stage.read_event(event)
    environment, outputs = context.deployed(env, endpoint_url)
    done = stage.invoke(environment, stage.function_name(outputs, function), content, asynchronous=asynchronous)
    document = {"status": done.status, **stage.document(done)}
    _show(Console(as_json=as_json), document, "accepted" if asynchronous else _pretty(done.answer))


def _show(console: Console, document: dict[str, Any], text: str) -> None:
    """Print an invocation's answer and log; fail when the function did."""
    if not console.as_json and document.get("log"):
        console.say(f"{document['log']}\n")
    from tools.operations.invoke import reported

    raised = document.get("error")
    error = raised or reported(document.get("answer"))
    if not raised or console.as_json:
        console.result(text, document)
    if error and console.as_json:
        # The document says it all; a second one on stdout would be none.
        raise SystemExit(FunctionProblem.exit_code)
    if error:
        raise FunctionProblem(
            f"{document['function']} failed with {error}.",
            "read the log above, and the function's page in docs/functions",
        )


def _pretty(answer: Any) -> str:
    return answer if isinstance(answer, str) else json.dumps(answer, indent=2, ensure_ascii=False)


@click.group()
def events() -> None:
    """Recorded events of every trigger: list them, and send them to the functions that they are for."""


@events.command("list")
@context.json
def list_events(as_json: bool) -> None:
    """List the recorded events and the function that each is for."""
    from tools.operations.events import recorded

    found = recorded(context.find_project())
    width = max((len(event.name) for event in found), default=0)
    lines = [f"{event.name:{width}}  {', '.join(event.functions)}{_way(event.queue)}".rstrip() for event in found]
    documents = [{"name": event.name, "functions": list(event.functions), "queue": event.queue} for event in found]
    Console(as_json=as_json).result("\n".join(lines), documents)


def _way(queue: str) -> str:
    return f" (by the queue {queue})" if queue else ""


@events.command()
@click.argument("name")
@click.option("--function", help="Send it to this function instead.")
@context.env
@context.endpoint
@context.json
def send(name: str, function: str | None, env: str, endpoint_url: str | None, as_json: bool) -> None:
    """Send the recorded event NAME to its function.

    The function runs with its real permissions, but what the event names is not there. For the whole way from the
    trigger on, cause the real thing: create an item, upload an image through its presigned form, put a message into
    the queue (aws sqs send-message) or an event on the bus (aws events put-events).
    """
    from tools.operations import events as stage

    project = context.find_project()
    event = stage.find(project, name)
    environment, outputs = context.deployed(env, endpoint_url)
    done = stage.send(environment, outputs, event, stage.load(project, event), function)
    text = f"In the queue {done['queue']} as {done['messageId']}." if "queue" in done else _pretty(done["answer"])
    _show(Console(as_json=as_json), done, text)


def _show_messages(console: Console, document: dict[str, Any]) -> None:
    if console.as_json:
        console.result("", document)
        return
    columns = ("message", "sent", "why", "body")
    rows = [
        (message["id"], message["sent"], message["reason"], " ".join(message["body"].split())[:_BODY])
        for message in document["messages"]
    ]
    if rows:
        console.table(_messages(document["found"]), columns, rows)
    else:
        console.say(_messages(document["found"]))


@click.command()
@click.argument("queue")
@click.option("--dry-run", is_flag=True, help="Count, and show some of the messages; each look raises a receive count.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many messages (of a dry run: 10 without it).")
@context.env
@context.endpoint
@context.json
def redrive(  # noqa: PLR0917 - a command's parameters are its options
    queue: str, dry_run: bool, limit: int | None, env: str, endpoint_url: str | None, as_json: bool
) -> None:
    """Send the failed messages of QUEUE on their way again.

    The name of a queue, such as notifications: messages that its consumer failed on each time go back into it.
    failures: failed asynchronous invocations are invoked again, given-up batches of the stream are read from it again,
    and what EventBridge could not deliver is delivered. A message is deleted only after it was accepted; nothing is
    lost by an interruption.
    """
    from tools.access.clients import answering, client
    from tools.operations import redrive as stage

    console = Console(as_json=as_json)
    environment, outputs = context.deployed(env, endpoint_url)
    url = stage.find_queue(outputs, queue)
    sqs = client(environment, "sqs")
    with answering(environment, f"the queue of {queue}"):
        if dry_run:
            document = stage.look(sqs, url, limit)
            _show_messages(console, document)
            return
        with console.counting(f"Redriving {queue}") as progress:
            if queue != stage.FAILURES:
                outcome = stage.move(sqs, url, outputs["queues"][queue], progress, limit=limit)
            else:
                streams = client(environment, "dynamodbstreams")
                replayer = stage.Replayer(environment, sqs, streams, stage.Ours.of(outputs))
                outcome = replayer.run(url, progress, limit)
    for message in outcome.kept:
        console.say(f"  stays: {message.id}: {message.reason}")
    console.result(f"On their way again: {outcome.sent} of {_messages(outcome.found)}.", outcome.as_dict())
    if outcome.kept:
        raise SystemExit(DeliveryProblem.exit_code)


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"
