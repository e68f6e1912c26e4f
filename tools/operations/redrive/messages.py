"""The queues that can be redriven, their messages, and what came of a run."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from tools.errors import TerraformProblem, UsageProblem
from tools.terminal.suggestions import did_you_mean

# What failed for good and was in no queue. Whatever failed in a queue is in that one's dead-letter queue.
FAILURES = "failures"
_PAGE = 10  # SQS's own limit of a receive
_HELD_S = 360  # longer than a page takes: ten waits of the slowest function that is waited for, which has 30 s
_COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")


@dataclass(frozen=True)
class Kept:
    """A message that stays where it is, and why."""

    id: str
    reason: str


@dataclass
class Outcome:
    """What came of a run.

    Parameters
    ----------
    found
        Messages that were there at the start, as SQS counts them: approximately.
    sent
        Messages that are on their way again.
    """

    found: int
    sent: int = 0
    kept: list[Kept] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {"found": self.found, "sent": self.sent, "kept": [vars(message) for message in self.kept]}


def find_queue(outputs: dict[str, Any], name: str) -> str:
    """Return the URL of the queue that holds the failed messages of `name`.

    Parameters
    ----------
    outputs
        Terraform's: the dead-letter queues by the names of their queues, and the queue of failures.

    Raises
    ------
    UsageProblem
        There is nothing to redrive by that name.
    TerraformProblem
        The deployment has no queues.
    """
    failures = outputs.get("queues", {}).get(FAILURES)
    if failures is None:
        raise TerraformProblem(f"The deployment has no queue {FAILURES}.", "python -m tools deploy")
    held: dict[str, str] = {**outputs.get("dead_letter_queues", {}), FAILURES: failures}
    if name not in held:
        raise UsageProblem(
            f"There is nothing to redrive by the name {name!r}; there are: {', '.join(held)}."
            f"{did_you_mean(name, tuple(held))}",
            "python -m tools redrive --help",
        )
    return held[name]


def count(sqs: Any, url: str) -> int:
    """Return about how many messages a queue holds, those that somebody is at included."""
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(_COUNTS))["Attributes"]
    return sum(int(attributes.get(name, 0)) for name in _COUNTS)


def receive(sqs: Any, url: str, limit: int) -> Generator[dict[str, Any], None, None]:
    """Yield up to `limit` different messages; each is hidden from others for six minutes.

    The limit is what ends a run whose messages fail again at once: they come back as new ones. Close the iterator to
    show those again that it had received and not yielded.
    """
    seen: set[str] = set()
    while len(seen) < limit:
        page = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=min(_PAGE, limit - len(seen)),
            VisibilityTimeout=_HELD_S,
            WaitTimeSeconds=1,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        fresh = [message for message in page if message["MessageId"] not in seen]
        if not fresh:
            return
        seen.update(message["MessageId"] for message in fresh)
        yield from _one_by_one(sqs, url, fresh)


def _one_by_one(sqs: Any, url: str, page: list[dict[str, Any]]) -> Generator[dict[str, Any], None, None]:
    waiting = list(page)
    try:
        while waiting:
            yield waiting.pop(0)
    finally:
        for message in waiting:
            let_go(sqs, url, message)


def let_go(sqs: Any, url: str, message: dict[str, Any]) -> None:
    """Show a message to everybody again."""
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)


def peek(sqs: Any, url: str, limit: int) -> list[dict[str, Any]]:
    """Return up to `limit` messages and leave them there.

    SQS has no look without a receive: each look raises a message's receive count. In the queues of this module nothing
    acts on that count (they have no redrive policy of their own), and each message is shown again at once.
    """
    looked: list[dict[str, Any]] = []
    try:
        for message in receive(sqs, url, limit):
            looked.append(message)
    finally:
        for message in looked:
            let_go(sqs, url, message)
    return looked
