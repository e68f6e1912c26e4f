"""Who may reach an engine's port: decided by the request's head, before an engine routes it.

Three kinds of caller share the port. Programs that hold the checkout's key may ask for everything. Pages in a browser
may reach what a page must: the deployed APIs, and S3 by what the application has signed. Everybody else is refused,
and so is a page that reaches the port under a name of its own (DNS rebinding).

A browser marks what a page of another site sends: by `Origin` (Fetch Standard, "Origin header"), and by
`Sec-Fetch-Site` (W3C, "Fetch Metadata Request Headers"). What an old browser leaves unmarked carries no signature, and
fails for that.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Protocol

from localcloud.guard.request import Refused, Request

INSTANCE = "/_local/instance"
"""The one address that answers any program: it tells which engine of whose checkout this is, and nothing else."""

_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\]|(?:[a-z0-9_-]{1,63}\.)+localhost)(?::([0-9]{1,5}))?", re.ASCII)
_PLAIN = {"127.0.0.1", "localhost", "[::1]"}
_API_PATH = re.compile(r"/_aws/execute-api/[a-z0-9]+/|/restapis/[a-z0-9]+/[A-Za-z0-9_$-]*/_user_request_(?:/|\Z)")
_ROUTED_BY_HEADER = ("authorization", "x-amz-target", "x-amz-request-route", "x-localstack-target")


class Passage(Enum):
    """What a request still needs."""

    OPEN = auto()
    """Nothing: a deployed API answers for itself."""
    SIGNED = auto()
    """A signature of a key that the engine knows."""
    PRESIGNED = auto()
    """The same, and it is for S3: an application gives it to pages."""
    FORM = auto()
    """A signature within the form, which the engine checks: an application gives it to pages."""
    PREFLIGHT = auto()
    """Nothing: a bucket's own CORS configuration answers."""


class Buckets(Protocol):
    """What the rule has to ask of an engine."""

    def target(self, request: Request) -> tuple[str, str] | None:
        """Return the bucket, which exists, and the key that a request goes to; `None` when it goes elsewhere."""


def passage(request: Request, port: int, buckets: Buckets, api_host: re.Pattern[str] | None = None) -> Passage:
    """Decide what a request needs, or raise `Refused`.

    Parameters
    ----------
    port
        Where the engine listens.
    buckets
        The engine's, to tell what goes to S3.
    api_host
        The names under which the engine serves deployed APIs.
    """
    name = _name(request, port)
    if not request.path.startswith("/"):
        raise Refused("The target of a request to the local cloud is a path.")
    if _deployed_api(request, name, api_host):
        return Passage.OPEN
    wanted = _of_s3(request, buckets)
    if wanted:
        return wanted
    if from_another_site(request):
        raise Refused("A page of another site may reach the deployed APIs and what is signed for S3, and nothing else.")
    return Passage.OPEN if request.method == "GET" and request.path == INSTANCE else Passage.SIGNED


def handshake(request: Request, port: int, api_host: re.Pattern[str] | None = None) -> None:
    """Raise `Refused` unless a WebSocket's handshake goes to a deployed API."""
    if not _deployed_api(request, _name(request, port), api_host):
        raise Refused("A WebSocket goes to a deployed API, and nowhere else.")


def from_another_site(request: Request) -> bool:
    """Return whether a browser says that a page of another origin has sent it."""
    own = f"http://{request.header('host').lower()}"
    return any(origin.lower() != own for origin in request.all("origin")) or any(
        site not in ("same-origin", "none") for site in request.all("sec-fetch-site")
    )


def _name(request: Request, port: int) -> str:
    """Return the name under which the port was asked, without its number."""
    hosts = request.all("host")
    match = _HOST.fullmatch(hosts[0].lower()) if len(hosts) == 1 else None
    if match is None or match[2] not in (None, str(port)):
        raise Refused(f"This port answers to its own names alone, such as 127.0.0.1:{port}.")
    return match[1]


def _deployed_api(request: Request, name: str, api_host: re.Pattern[str] | None) -> bool:
    """Return whether it goes to a deployed API and not to what manages its connections (`@connections`)."""
    if api_host and api_host.fullmatch(name):
        there = True
    else:
        there = name in _PLAIN and _API_PATH.match(request.decoded) is not None
    return there and "@connections" not in request.decoded and not {".", ".."} & set(request.decoded.split("/"))


def _of_s3(request: Request, buckets: Buckets) -> Passage | None:
    """Return how a request goes to S3, of those that an application opens to pages."""
    if any(request.all(header) for header in _ROUTED_BY_HEADER):
        return None
    if request.method == "OPTIONS":
        wanted = Passage.PREFLIGHT
    elif request.parameter("x-amz-signature"):
        wanted = Passage.PRESIGNED
    elif request.method == "POST" and request.header("content-type").lower().startswith("multipart/form-data;"):
        wanted = Passage.FORM
    else:
        return None
    target = buckets.target(request)
    if target is None or (wanted is Passage.FORM and not _is_form(request, target[1])):
        return None
    return wanted


def _is_form(request: Request, key: str) -> bool:
    """Return whether a form goes to a bucket itself, with nothing beside it that would make it another request."""
    return not key and not request.query and not any(name.startswith("x-amz-") for name, _ in request.headers)
