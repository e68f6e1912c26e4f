"""Sending the messages of the queue of failures again, each in its own way."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Any

from tools.access.environments import Environment
from tools.operations.invoke import invoke
from tools.operations.redrive.messages import Kept, Outcome, count, let_go, receive
from tools.operations.redrive.moving import Progress
from tools.operations.redrive.records import Invocation, NotReplayable, Ours, QueueMessage, Replay, understand
from tools.operations.redrive.streams import read


@dataclass(frozen=True)
class Replayer:
    """What sends messages again.

    Parameters
    ----------
    sqs, streams
        Clients of SQS and of DynamoDB Streams.
    ours
        Where messages may be sent to.
    """

    environment: Environment
    sqs: Any
    streams: Any
    ours: Ours

    def run(self, url: str, progress: Progress, limit: int | None = None) -> Outcome:
        """Send each message of a queue again, and delete it once that was accepted; the others stay, with the reason.

        What fails again comes back into the queue as another message, which this run does not touch.

        Parameters
        ----------
        limit
            Look at no more messages than this.
        """
        outcome = Outcome(count(self.sqs, url))
        wanted = outcome.found if limit is None else min(limit, outcome.found)
        staying: list[dict[str, Any]] = []
        try:
            with closing(receive(self.sqs, url, wanted)) as messages:
                for message in messages:
                    staying.append(message)
                    try:
                        self._send(understand(message, self.ours))
                    except NotReplayable as problem:
                        outcome.kept.append(Kept(message["MessageId"], str(problem)))
                    else:
                        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                        staying.pop()
                        outcome.sent += 1
                    progress(outcome.sent + len(outcome.kept), wanted)
        finally:
            for message in staying:
                let_go(self.sqs, url, message)
        return outcome

    def _send(self, what: Replay) -> None:
        if isinstance(what, QueueMessage):
            self.sqs.send_message(QueueUrl=what.url, MessageBody=what.body)
        elif isinstance(what, Invocation):
            invoke(self.environment, what.function, what.payload, asynchronous=True)
        else:
            # Waited for, because a failed record is an answer here, not an error, and nobody would read it otherwise.
            done = invoke(self.environment, what.function, read(self.streams, what))
            failures = done.answer.get("batchItemFailures") if isinstance(done.answer, dict) else None
            if done.error or failures:
                raise NotReplayable(f"{what.function} fails again: {done.message if done.error else failures}")
