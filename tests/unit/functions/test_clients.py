"""Clients of AWS services: who makes them, and what their errors mean."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from aws.clients import Unavailable, client, translating


@pytest.fixture
def no_clients_yet() -> Iterator[None]:
    client.cache_clear()
    yield
    client.cache_clear()


@pytest.mark.usefixtures("no_clients_yet")
def test_one_client_is_made_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3's session is not safe to use from several threads, and a fan-out asks for its client from eight."""
    making = Lock()

    def slow(*_: Any, **__: Any) -> object:
        assert making.acquire(blocking=False), "two clients were made at once"
        time.sleep(0.02)
        making.release()
        return object()

    monkeypatch.setattr(boto3, "client", slow)
    with ThreadPoolExecutor(max_workers=4) as pool:
        made = list(pool.map(client, ["sqs", "sns", "s3", "events"]))
    assert len(set(made)) == 4


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "SlowDown", "InternalError", "Throttled", "KMSThrottling", "RequestTimeout"]
)
def test_what_may_pass_is_no_refusal(code: str) -> None:
    with pytest.raises(Unavailable, match=code), translating():
        raise ClientError({"Error": {"Code": code, "Message": ""}}, "Operation")


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "ValidationException"])
def test_a_refusal_is_passed_on(code: str) -> None:
    with pytest.raises(ClientError, match=code), translating():
        raise ClientError({"Error": {"Code": code, "Message": ""}}, "Operation")
