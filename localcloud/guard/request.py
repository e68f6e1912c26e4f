"""A request before it is routed, and the answer when it is refused."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote
from xml.sax.saxutils import escape


@dataclass(frozen=True)
class Request:
    """The method, target and headers of a request.

    Parameters
    ----------
    method
        In capitals; GET for a WebSocket handshake.
    path
        As sent: encoded, without the query.
    query
        As sent: encoded, without the question mark.
    headers
        Names in lower case, in the order received; a name may occur more than once.
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, method: str, target: str, headers: Iterable[tuple[bytes, bytes]]) -> Request:
        """Return the request with this target, as in the request line, and these headers."""
        path, _, query = target.partition("?")
        return cls(method, path, query, tuple((_text(name).lower(), _text(value)) for name, value in headers))

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for found, value in self.headers if found == name]

    def header(self, name: str) -> str:
        """Return a header's value, with several lines joined (RFC 9110, section 5.3); empty when it is missing."""
        return ",".join(self.all(name))

    @cached_property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """The query's parameters, decoded."""
        pairs = (pair.partition("=") for pair in self.query.split("&") if pair)
        return tuple((unquote(name), unquote(value)) for name, _, value in pairs)

    def parameter(self, name: str) -> str:
        """Return a query parameter's value; empty when it is missing or occurs more than once."""
        values = [value for found, value in self.parameters if found.lower() == name.lower()]
        return values[0] if len(values) == 1 else ""

    @cached_property
    def decoded(self) -> str:
        """The path, decoded once, as both engines use it for routing."""
        return unquote(self.path)


class Refused(Exception):
    """The request is refused.

    Parameters
    ----------
    problem
        The reason, as one sentence without anything that the caller sent.
    code
        AWS's error code, where an SDK may read the answer.
    """

    def __init__(self, problem: str, code: str = "", status: int = 403) -> None:
        super().__init__(problem)
        self.problem, self.code, self.status = problem, code, status

    def body(self, request: Request) -> tuple[str, bytes]:
        """Return the content type and body of the answer, in the format that the caller's SDK reads."""
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
