"""A caller of the deployed API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.access.http import Answer, call

ITEM = {"name": "Lamp", "category": "lighting", "price": 29.9}


@dataclass(frozen=True)
class Caller:
    """Somebody with a token, or nobody without one."""

    url: str
    token: str | None = None

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """GET `path`."""
        return call("GET", self.url + path, token=self.token, headers=headers)

    def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
        """POST `body`: bytes as they are, anything else as JSON."""
        return call("POST", self.url + path, token=self.token, body=body, headers=headers)

    def put(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
        """PUT `body`."""
        return call("PUT", self.url + path, token=self.token, body=body, headers=headers)

    def delete(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """DELETE `path`."""
        return call("DELETE", self.url + path, token=self.token, headers=headers)

    def create(self, **changes: Any) -> dict[str, Any]:
        """Create an item and return it."""
        answer = self.post("/items", ITEM | changes)
        assert answer.status == 201, answer
        return dict(answer.json())


def assert_problem(answer: Answer, status: int) -> dict[str, Any]:
    """Check that an answer is a problem document (RFC 9457) with a request id and leaks nothing; return it."""
    assert answer.status == status, answer
    assert answer.headers["content-type"].startswith("application/problem+json"), answer
    problem = dict(answer.json())
    assert problem["status"] == status, problem
    assert problem["requestId"], problem
    assert problem["title"], problem
    text = answer.body.decode()
    for leak in ("arn:aws", "Traceback", "starter-", "botocore", ".py"):
        assert leak not in text, text
    return problem
