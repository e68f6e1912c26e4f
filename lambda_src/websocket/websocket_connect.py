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
from aws.clients import connect
from aws.connections.rows import Connection
from aws.connections.slots import NoSlotFree, begin
from domain.callers import READ
from domain.times import rfc3339
from domain.topics import owner_topic
from runtime.context import LambdaContext
from runtime.initialisation import at_init
from runtime.settings import read
from runtime.work import unit_of_event

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
    settings = read(Settings)
    gateway = event["requestContext"]
    with unit_of_event(
        settings, kind="connect", correlation_id=gateway["requestId"], connection_id=gateway["connectionId"]
    ) as work:
        status = 200
        try:
            connection = connection_for(event, settings)
            begin(settings.connections_table, connection, most=settings.connections_per_subject, now=time.time())
        except InvalidToken as refused:
            status = 401
            work.refuse(str(refused))
        except ScopeMissing:
            status = 403
            work.refuse("scope-missing")
        except NoSlotFree:
            status = 429
            work.refuse("too-many-connections")
        except Exception as error:
            # Nobody is let in when the keys cannot be had; a client must not throw away a good token because of it.
            status = 500
            work.fail(error)
        work.details["status"] = status
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
