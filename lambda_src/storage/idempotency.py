"""Do a thing once per idempotency key, and give the first answer to whoever asks again (Powertools Idempotency)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
    IdempotencyValidationError,
)

from config.runtime import LambdaContext
from storage.clients import Unavailable, client

KEPT_SECONDS = 24 * 3600


class KeyReused(Exception):
    """The key was used for another request."""


class StillInProgress(Exception):
    """The first request with this key has not been answered yet."""


def once(
    action: Callable[[], dict[str, Any]],
    *,
    table: str,
    scope: list[str],
    payload: dict[str, Any],
    context: LambdaContext,
) -> dict[str, Any]:
    """Return what `action` returned for the first request with this key.

    Parameters
    ----------
    action
        What to do once. It returns what JSON can hold; when it raises, the key is free again.
    table
        Table of the records; its key is `id`, its TTL attribute `expiration`. A record holds hashes of the scope and of
        the payload, and the answer.
    scope
        What tells this key from all others: function, caller, key.
    payload
        The request as JSON values; the same key with another payload is refused.
    context
        Tells how long the function has left, after which an unfinished first request no longer blocks the key.

    Raises
    ------
    KeyReused
        The key was used with another payload.
    StillInProgress
        The first request is still being answered.
    Unavailable
        The table does not answer.
    """
    done: list[dict[str, Any]] = []
    raised: list[Exception] = []

    def run(*, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 (Powertools finds the key in it)
        try:
            done.append(action())
        except Exception as error:
            raised.append(error)
            raise
        return done[0]

    guarded = idempotent_function(
        run,
        data_keyword_argument="request",
        persistence_store=DynamoDBPersistenceLayer(table_name=table, boto3_client=client("dynamodb")),
        config=IdempotencyConfig(
            event_key_jmespath="scope",
            payload_validation_jmespath="payload",
            raise_on_no_idempotency_key=True,
            expires_after_seconds=KEPT_SECONDS,
            hash_function="sha256",
            lambda_context=context,  # type: ignore[arg-type]
        ),
        key_prefix="once",
    )
    try:
        answer: dict[str, Any] = guarded(request={"scope": scope, "payload": payload})
    except IdempotencyValidationError as error:
        raise KeyReused from error
    except (IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError) as error:
        raise StillInProgress from error
    except IdempotencyPersistenceLayerError as error:
        # What the action did counts more than the bookkeeping about it.
        if raised:
            raise raised[0] from error
        if done:
            return done[0]
        raise Unavailable("idempotency") from error
    return answer
