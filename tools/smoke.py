"""The same few checks against any deployment: does the API answer as its contract says, from the outside?"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.errors import SmokeProblem

_TIMEOUT_S = 35  # the gateway's own limit is 29 s
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
        with _opener(url).open(request, timeout=_TIMEOUT_S) as answer:
            return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
    except urllib.error.HTTPError as answer:
        return Answer(answer.code, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
    except (OSError, http.client.HTTPException) as error:
        raise SmokeProblem(f"{url} does not answer: {error}.", "python -m tools deploy") from None


def _opener(url: str) -> urllib.request.OpenerDirector:
    # A proxy knows nothing of this machine's own ports.
    local = urllib.parse.urlsplit(url).hostname in _LOOPBACK
    return urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if local else []))


@dataclass
class Check:
    """One finished check. `detail` says what was wrong."""

    name: str
    ok: bool
    detail: str = ""
    milliseconds: float = 0.0


@dataclass
class Smoke:
    """A run of all checks against one deployment.

    Parameters
    ----------
    url
        The API with its stage.
    token
        Grants items:read and items:write.
    anonymous_reads
        Whether `GET /items` answers without a token there.
    """

    url: str
    token: str
    anonymous_reads: bool = False
    checks: list[Check] = field(default_factory=list)
    _item: dict[str, Any] = field(default_factory=dict)

    def run(self, report: Callable[[Check], None] | None = None) -> list[Check]:
        """Run every check; what it creates it deletes."""
        steps: list[tuple[str, Callable[[], None]]] = [
            ("POST without a token is 401", self._post_without_token),
            ("GET /items without a token", self._list_without_token),
            ("POST /items is 201", self._create),
            ("GET /items lists it", self._list),
            ("GET /items/{id} is 200", self._get),
            ("PUT with the wrong version is 412", self._stale),
            ("PUT /items/{id} is 200", self._update),
            ("a bad body is 400", self._bad),
            ("DELETE /items/{id} is 204", self._delete),
            ("GET /items/{id} is 404 after it", self._gone),
        ]
        for name, step in steps:
            started = time.perf_counter()
            try:
                step()
                check = Check(name, True)
            except (AssertionError, LookupError, TypeError, ValueError) as error:
                check = Check(name, False, str(error) if isinstance(error, AssertionError) else repr(error))
            check.milliseconds = (time.perf_counter() - started) * 1000
            self.checks.append(check)
            if report:
                report(check)
        return self.checks

    def _call(self, method: str, path: str, expected: int, **options: Any) -> Answer:
        options.setdefault("token", self.token)
        answer = call(method, f"{self.url}{path}", **options)
        if answer.status != expected:
            raise AssertionError(f"{method} {path} answered {answer.status}, not {expected}: {answer.body[:300]!r}")
        if expected >= 400 and "requestId" not in (answer.json() or {}):
            raise AssertionError(f"{method} {path} answered no problem document: {answer.body[:300]!r}")
        return answer

    def _post_without_token(self) -> None:
        self._call("POST", "/items", 401, token=None, body={"name": "x", "category": "smoke", "price": 1})

    def _list_without_token(self) -> None:
        self._call("GET", "/items", 200 if self.anonymous_reads else 401, token=None)

    def _create(self) -> None:
        body = {"name": f"Smoke test {uuid.uuid4()}", "category": "smoke", "price": 12.5}
        answer = self._call("POST", "/items", 201, body=body)
        self._item = answer.json()
        if not answer.headers.get("location", "").endswith(f"/items/{self._item['id']}"):
            raise AssertionError(f"Location is {answer.headers.get('location')!r}")

    def _list(self) -> None:
        items = self._call("GET", "/items?category=smoke&limit=100", 200).json()["items"]
        if self._item["id"] not in [item["id"] for item in items]:
            raise AssertionError("the new item is not in its owner's list")

    def _get(self) -> None:
        if self._call("GET", f"/items/{self._item['id']}", 200).json() != self._item:
            raise AssertionError("the item reads differently from how it was created")

    def _stale(self) -> None:
        body = {"name": "Stale", "category": "smoke", "price": 1}
        self._call("PUT", f"/items/{self._item['id']}", 412, body=body, headers={"If-Match": '"99"'})

    def _update(self) -> None:
        body = {"name": "Changed", "category": "smoke", "price": 13}
        changed = self._call(
            "PUT", f"/items/{self._item['id']}", 200, body=body, headers={"If-Match": f'"{self._item["version"]}"'}
        ).json()
        if (changed["name"], changed["version"]) != ("Changed", self._item["version"] + 1):
            raise AssertionError(f"the update gave {changed}")

    def _bad(self) -> None:
        self._call("POST", "/items", 400, body={"name": "", "category": "smoke", "price": -1, "owner": "me"})

    def _delete(self) -> None:
        self._call("DELETE", f"/items/{self._item['id']}", 204)

    def _gone(self) -> None:
        self._call("GET", f"/items/{self._item['id']}", 404)
