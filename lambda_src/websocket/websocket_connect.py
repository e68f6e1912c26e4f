"""$connect of the WebSocket API: who shows a good token is connected, and told about their items from then on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from auth.credentials import handshake_token
from auth.errors import InvalidToken
from auth.trust import TrustSettings, fetch_keys, verifier
from config.environment import read
from config.initialisation import at_init
from config.runtime import LambdaContext
from domain.callers import READ
from domain.times import rfc3339
from domain.topics import owner_topic
from storage.clients import connect
from storage.connecting import NoSlotFree, begin
from storage.connections import Connection
from telemetry.event_line import DONE, FAILED, REFUSED, report

# "Quotas for configuring and running a WebSocket API": connection duration.
LONGEST_SECONDS = 2 * 3600


@dataclass(frozen=True, kw_only=True)
class Settings(TrustSettings):
    """Whom to trust, the name of the table of connections, and how many a subject may have."""

    connections_table: str
    connections_per_subject: int


class ScopeMissing(Exception):
    """The token is good, but does not grant reading."""


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 (Lambda passes it)
    """Answer a handshake: any status but 200 refuses it. Nothing of the credential is logged."""
    started = time.perf_counter()
    settings = read(Settings)
    gateway = event["requestContext"]
    line: dict[str, Any] = {"outcome": DONE}
    status = 200
    try:
        connection = connection_for(event, settings)
        begin(settings.connections_table, connection, most=settings.connections_per_subject, now=time.time())
    except InvalidToken as refused:
        status = 401
        line = {"outcome": REFUSED, "reason": str(refused)}
    except ScopeMissing:
        status = 403
        line = {"outcome": REFUSED, "reason": "scope-missing"}
    except NoSlotFree:
        status = 429
        line = {"outcome": REFUSED, "reason": "too-many-connections"}
    except Exception as error:
        # Nobody is let in when the keys cannot be had; a client must not throw away a good token because of it.
        status = 500
        line = {"outcome": FAILED, "error": error}
    report(
        settings=settings,
        kind="connect",
        duration_ms=(time.perf_counter() - started) * 1000,
        correlation_id=gateway["requestId"],
        connection_id=gateway["connectionId"],
        status=status,
        **line,
    )
    return {"statusCode": status}


def connection_for(
    event: Mapping[str, Any], settings: Settings, *, now_ns: Callable[[], int] = time.time_ns
) -> Connection:
    """Return the row for a handshake.

    Parameters
    ----------
    event
        API Gateway's `$connect` event.
    settings
        Whom to trust.
    now_ns
        Nanoseconds since the Unix epoch.

    Raises
    ------
    InvalidToken
        There is not exactly one credential, it proves nothing, or it ends now.
    ScopeMissing
        The token does not grant `items:read`.
    KeysUnavailable
        The keys to verify with cannot be had.
    """
    identity = verifier(settings).identify(handshake_token(event))
    now = now_ns()
    seconds = now // 1_000_000_000
    # Clocks may differ a little where a token is shown once; a connection that has ended already is none.
    if identity.expires_at <= seconds:
        raise InvalidToken("expired")
    if not identity.caller.may(READ):
        raise ScopeMissing
    return Connection(
        topic=owner_topic(identity.caller.subject),
        connection_id=event["requestContext"]["connectionId"],
        owner=identity.caller.subject,
        scope=" ".join(sorted(identity.caller.scopes)),
        connected_at=rfc3339(now),
        expires_at=min(identity.expires_at, seconds + LONGEST_SECONDS),
    )


at_init(lambda: fetch_keys(read(Settings)), partial(connect, "dynamodb"))
