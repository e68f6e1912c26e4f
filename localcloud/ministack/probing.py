"""What the probe of a patch may use: an emulator, and shortcuts to create resources in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Endpoint(Protocol):
    """A client of one emulator; the tests implement it (`tests/localcloud/probing.py`).

    The code of a recording function may call `record(value)`. The returned object has `name`, `arn`, the ARN of its
    alias as `alias`, the recorded values as `events`, and for stream events the ids in each of them as `batches`. A
    queue has `arn`, `received` (receives what is in it) and `first(deadline_s)` (waits for a message; None when none
    arrives).
    """

    def __call__(self, service: str) -> Any:
        """Return the boto3 client of a service."""

    def restart(self) -> None:
        """Stop the emulator so that it saves its state, and start it again at the same address."""

    def name(self) -> str:
        """Return a name that is used nowhere else."""

    def list_all(self, service: str, operation: str, **parameters: Any) -> Any:
        """Return the items of all pages of a listing."""

    def role(self, *statements: dict[str, Any]) -> str:
        """Create a role for functions with a policy of these statements; return its ARN."""

    def zipped(self, files: dict[str, str]) -> bytes:
        """Return a zip file with these files: text by path."""

    def function(self, code: str, *, role: str | None = None, **settings: Any) -> str:
        """Create a function whose `handler` is in `code`; return its ARN."""

    def invoke(self, function: str, event: Any = None) -> Any:
        """Invoke a function and return its result."""

    def recording_function(self, code: str, **settings: Any) -> Any:
        """Create a function that records values, and its alias `live`."""

    def failing_function(self) -> Any:
        """Create a function that records each event and raises."""

    def api(
        self,
        *,
        function: str | None = None,
        integration: dict[str, Any] | None = None,
        responses: dict[str, Any] | None = None,
        schema: dict[str, Any] | None = None,
        gateway_responses: dict[str, dict[str, Any]] | None = None,
    ) -> Any:
        """Deploy a REST API with one route, POST /x; the object has `id`, `call()` and `authorize()`."""

    def socket_api(self) -> Any:
        """Deploy a WebSocket API with a two-way route `tell`, and one-way routes `act` and $default.

        Its function returns the `answer` of a message, with the event in place of a body, and raises for "raise".
        """

    def exchange(self, connection: Any, message: Any, wait_s: float = 5) -> Any:
        """Send a message; return the answer, None when none arrives in time, or the code that closed the connection."""

    def queue(self) -> Any:
        """Create a queue."""

    def open_queue(self, service: str) -> Any:
        """Create a queue to which an AWS service may send."""

    def queue_with_dead_letters(self, *bodies: str) -> tuple[str, str]:
        """Create a queue whose messages became dead letters; return its URL and the dead-letter queue's."""

    def rule(self, pattern: dict[str, Any], *targets: dict[str, Any]) -> str:
        """Create a rule on the default bus; return its ARN."""

    def publish(self, source: str, detail: dict[str, Any]) -> None:
        """Put an event on the default bus."""

    def table(self) -> Any:
        """Create a table with a stream; the object has `name`, `stream` and `put(*ids)`."""

    def map_stream(self, source: str, target: str, **settings: Any) -> str:
        """Map a stream to a function, from its oldest record; return the mapping's id."""

    def attempt(self, number: int, body: str, *, invocation: str) -> Any:
        """Send one attempt of a CreateTable call as an SDK does, and return the response."""

    def eventually(self, condition: Callable[[], object], deadline_s: float = 30) -> bool:
        """Wait until the condition is true; return whether it was in time."""
