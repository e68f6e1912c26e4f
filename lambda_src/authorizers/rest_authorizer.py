"""The REST API's Lambda authorizer: who the caller is, and what they may do in the stage.

It serves a TOKEN authorizer and, where anonymous callers may list items, a REQUEST authorizer without an identity
source. It never relies on the gateway to have seen a credential: without one it denies by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from auth.credentials import bearer_token
from auth.errors import InvalidToken
from auth.policies import anonymous_policy, caller_policy
from auth.trust import TrustSettings, fetch_keys, verifier
from runtime.context import LambdaContext
from runtime.initialisation import at_init
from runtime.settings import read
from runtime.work import FAILED, REFUSED, unit_of_work


@dataclass(frozen=True, kw_only=True)
class Settings(TrustSettings):
    """Whom to trust, and whether a caller without a token may list public items."""

    anonymous_reads: bool = False


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Return the caller's policy and identity.

    Raises
    ------
    Exception
        "Unauthorized", the word for which API Gateway answers 401. Any other exception it answers by 500: nobody is let
        in when the keys cannot be had.
    """
    settings = read(Settings)
    with unit_of_work("authorization", "Authorizations", settings) as unit:
        outcome = FAILED
        unit.fields["request_id"] = _request_id(event, context)
        try:
            answer = _answer(event, settings)
            outcome = str(answer["context"]["kind"])
        except InvalidToken as refused:
            # One of a fixed set of words; never a part of the credential.
            outcome, unit.fields["reason"] = REFUSED, str(refused)
            # API Gateway knows a refusal by this message and nothing else. No cause: its trace would be logged.
            raise Exception("Unauthorized") from None
        except Exception as error:
            unit.fields["reason"] = type(error).__name__
            raise
        finally:
            unit.fields["outcome"] = outcome
            unit.dimensions = {"outcome": outcome}
    return answer


def _answer(event: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    method_arn = event["methodArn"]
    token = bearer_token(event)
    if token is not None:
        return caller_policy(verifier(settings).identify(token), method_arn)
    if settings.anonymous_reads and _lists_items(event):
        return anonymous_policy(method_arn)
    raise InvalidToken("no-credential")


def _lists_items(event: Mapping[str, Any]) -> bool:
    return (event.get("type"), event.get("httpMethod"), event.get("resource")) == ("REQUEST", "GET", "/items")


def _request_id(event: Mapping[str, Any], context: LambdaContext) -> str:
    request_id: str = (event.get("requestContext") or {}).get("requestId") or context.aws_request_id
    return request_id


at_init(lambda: fetch_keys(read(Settings)))
