"""A request as it came, and how it is refused."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote
from xml.sax.saxutils import escape


@dataclass(frozen=True)
class Request:
    """The head of a request.

    Parameters
    ----------
    method
        In capitals; GET for a WebSocket's handshake.
    path
        As sent, encoded, without the query.
    query
        As sent, encoded, without the question mark.
    headers
        Names in lower case, in the order in which they came; a name may come more than once.
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, method: str, target: str, headers: Iterable[tuple[bytes, bytes]]) -> Request:
        """Return the request with that target, as in the request line, and those headers."""
        path, _, query = target.partition("?")
        return cls(method, path, query, tuple((_text(name).lower(), _text(value)) for name, value in headers))

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for found, value in self.headers if found == name]

    def header(self, name: str) -> str:
        """Return a header's value, the lines joined as RFC 9110, section 5.3, has it; empty without one."""
        return ",".join(self.all(name))

    @cached_property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """The query's parameters, decoded."""
        pairs = (pair.partition("=") for pair in self.query.split("&") if pair)
        return tuple((unquote(name), unquote(value)) for name, _, value in pairs)

    def parameter(self, name: str) -> str:
        """Return a query parameter's value; empty when there is none, or more than one."""
        values = [value for found, value in self.parameters if found.lower() == name.lower()]
        return values[0] if len(values) == 1 else ""

    @cached_property
    def decoded(self) -> str:
        """The path, decoded once, as both engines route by it."""
        return unquote(self.path)


class Refused(Exception):
    """A request that goes no further.

    Parameters
    ----------
    problem
        Why, as one sentence; nothing that the caller sent is in it.
    code
        AWS's name for it, where an SDK may read the answer.
    """

    def __init__(self, problem: str, code: str = "", status: int = 403) -> None:
        super().__init__(problem)
        self.problem, self.code, self.status = problem, code, status

    def body(self, request: Request) -> tuple[str, bytes]:
        """Return the content type and the body of the answer, in the protocol that the caller's SDK reads."""
        if not self.code:
            return "text/plain; charset=utf-8", f"{self.problem}\n".encode()
        credential = request.header("authorization") + request.parameter("x-amz-credential")
        texts = f"<Code>{escape(self.code)}</Code><Message>{escape(self.problem)}</Message>"
        if "/s3/" in credential or (request.header("x-amz-content-sha256") and "/aws4_request" not in credential):
            return "application/xml", f"<Error>{texts}</Error>".encode()
        if request.header("content-type").startswith("application/x-www-form-urlencoded"):
            return "text/xml", f"<ErrorResponse><Error><Type>Sender</Type>{texts}</Error></ErrorResponse>".encode()
        return "application/json", json.dumps({"__type": self.code, "message": self.problem}).encode()


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
