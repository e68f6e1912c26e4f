"""What the probes of the patches use: see `localcloud.ministack.probing.Endpoint`."""

from __future__ import annotations

from typing import Any

from tests.localcloud import attempts, sockets, sources
from tests.localcloud.aws import Answer, Aws, zipped
from tests.localcloud.queues import dead_letter, queue_with_dead_letters
from tools.access.listing import everything


class ProbeEndpoint(Aws):
    """An emulator with the tests' helpers as methods."""

    recording_function = sources.function
    open_queue = sources.open_queue
    rule = sources.rule
    map_stream = sources.mapping
    publish = sources.publish
    queue = sources.queue
    table = sources.table
    socket_api = sockets.socket_api
    eventually = staticmethod(sources.eventually)
    exchange = staticmethod(sockets.exchange)
    zipped = staticmethod(zipped)

    def list_all(self, service: str, operation: str, **parameters: Any) -> Any:
        return everything(self(service), operation, **parameters)

    def failing_function(self) -> sources.Function:
        return sources.function(self, sources.FAILING)

    def queue_with_dead_letters(self, *bodies: str) -> tuple[str, str]:
        source, dead = queue_with_dead_letters(self)
        dead_letter(self, source, *bodies)
        return source, dead

    def attempt(self, number: int, body: str, *, invocation: str) -> Answer:
        return attempts.attempt(self, number, body, invocation=invocation)
