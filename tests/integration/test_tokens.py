"""The table of tokens, shown to the deployed APIs: by header and by query, to each authorizer and to the handshake."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.integration.api import Caller
from tests.integration.conftest import eventually
from tests.integration.listeners import socket
from tests.token_table import BAD, GOOD, HEADERS, TOKENS, Row, Signer, shown
from tools.access.environments import Environment

pytestmark = pytest.mark.needs("authorizer", "gateway-responses")

# It is one verifier: not all are tried by REST.
SAMPLE: dict[str, Row] = {**GOOD, **dict(list(BAD.items())[::4])}
NOBODYS_ITEM = "/items/019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a10"


@pytest.fixture
def signer(environment: Environment, outputs: dict[str, Any], aws: Callable[[str], Any]) -> Signer:
    """What the deployment's own tokens are made with."""
    wanted = outputs["token"]
    secret = aws("secretsmanager").get_secret_value(SecretId=wanted["secret_arn"])
    return Signer(secret["VersionId"], secret["SecretString"], wanted["issuer"], wanted["audience"])


def _get(url: str, credentials: list[str]) -> int:
    """Return the status of a GET with these `Authorization` headers: urllib would send one at most."""
    parts = urlsplit(url)
    scheme = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = scheme(parts.netloc, timeout=35)
    try:
        connection.putrequest("GET", f"{parts.path}?{parts.query}")
        for credential in credentials:
            connection.putheader("Authorization", credential)
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


def _in_a_header(token: str) -> bool:
    return "\n" not in token


def test_rest_lets_good_tokens_in_and_no_others(signer: Signer, outputs: dict[str, Any]) -> None:
    """By the REQUEST authorizer, where the anonymous may list, and by the TOKEN authorizer."""
    for name, row in SAMPLE.items():
        token = row.make(signer)
        if not _in_a_header(token):
            continue
        for path, welcome in (("/items?limit=1", 200), (NOBODYS_ITEM, 404)):
            status = _get(outputs["api_url"] + path, [f"Bearer {token}"])
            assert status == (welcome if row.good else 401), (name, path)


def test_rest_takes_the_scheme_in_any_case_and_one_header(signer: Signer, outputs: dict[str, Any]) -> None:
    for name, (headers, good) in HEADERS.items():
        given = shown(headers, signer.token())
        assert _get(outputs["api_url"] + "/items?limit=1", given) == (200 if good else 401), name
        if len(given) == 1:
            assert _get(outputs["api_url"] + NOBODYS_ITEM, given) == (404 if good else 401), name


def _handshake(url: str, credentials: list[str], query: str | None = None) -> int:
    """Return the handshake's status. A connection that was closed a moment ago may still count as the caller's."""
    return int(eventually(lambda: status if (status := _opened(url, credentials, query)) != 429 else 0))


def _opened(url: str, credentials: list[str], query: str | None) -> int:
    address = url if query is None else f"{url}?token={quote(query, safe='')}"
    headers = [("Authorization", credential) for credential in credentials]
    try:
        with connect(address, additional_headers=headers, open_timeout=30, proxy=None):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


@pytest.mark.needs("websocket")
def test_the_handshake_lets_good_tokens_in_and_no_others(signer: Signer, outputs: dict[str, Any]) -> None:
    for name, row in TOKENS.items():
        token = row.make(signer)
        assert _handshake(outputs["websocket_url"], [], token) == (101 if row.opens else 401), name


@pytest.mark.needs("websocket")
def test_the_handshake_takes_one_credential(signer: Signer, outputs: dict[str, Any]) -> None:
    url, good = outputs["websocket_url"], signer.token()
    for name, (headers, welcome) in HEADERS.items():
        if len(headers) > 1:
            continue  # one value of a repeated header reaches the function on the emulator (docs/local-cloud.md)
        assert _handshake(url, shown(headers, good)) == (101 if welcome else 401), name
    assert _handshake(url, [f"Bearer {good}"], good) == 401
    assert _handshake(url, [], f"Bearer {good}") == 401
    assert _handshake(url, []) == 401


def test_what_the_gateway_has_kept_does_not_outlive_the_token(signer: Signer, outputs: dict[str, Any]) -> None:
    """The authorizer's answer is kept for five minutes; the function goes by the token."""
    ends = int(time.time()) + 5 - 30  # clocks may differ by 30 s
    ending = Caller(outputs["api_url"], signer.token(iat=ends - 60, exp=ends))
    assert ending.get(NOBODYS_ITEM).status == 404
    eventually(lambda: ending.get(NOBODYS_ITEM).status == 401, seconds=20)
    assert ending.get(NOBODYS_ITEM).headers["www-authenticate"] == "Bearer"


@pytest.mark.needs("websocket")
def test_a_connection_does_not_outlive_its_token(signer: Signer, outputs: dict[str, Any]) -> None:
    with socket(outputs["websocket_url"], signer.token(exp=int(time.time()) + 4)) as ending:
        ending.send(action="ping")
        ending.until(lambda message: message["type"] == "pong")

        def refused() -> bool:
            heard = len(ending.heard)
            ending.send(action="ping")
            answer = ending.until(lambda _: len(ending.heard) > heard)
            return bool(answer.get("code") == "expired")

        eventually(refused, seconds=20)
