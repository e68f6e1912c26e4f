"""One HTTP request from outside, with nothing but the standard library."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.errors import SmokeProblem

TIMEOUT_S = 35  # the gateway's own limit is 29 s
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON; None when it is empty."""
        return json.loads(self.body) if self.body else None


def call(
    method: str, url: str, *, token: str | None = None, body: Any = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """Send one request; an error status is an answer like any other.

    Raises
    ------
    SmokeProblem
        Nothing answers at that address.
    """
    sent = dict(headers or {})
    if token:
        sent["Authorization"] = f"Bearer {token}"
    data = None
    if body is not None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent.setdefault("Content-Type", "application/json")
    request = urllib.request.Request(url, data=data, headers=sent, method=method)
    try:
        with _opener(url).open(request, timeout=TIMEOUT_S) as answer:
            return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
    except urllib.error.HTTPError as answer:
        return Answer(answer.code, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
    except (OSError, http.client.HTTPException) as error:
        raise SmokeProblem(f"{url} does not answer: {error}.", "python -m tools deploy") from None


def _opener(url: str) -> urllib.request.OpenerDirector:
    # A proxy knows nothing of this machine's own ports.
    local = urllib.parse.urlsplit(url).hostname in _LOOPBACK
    return urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if local else []))
