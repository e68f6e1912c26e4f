"""The rule for an engine's port: what a request may reach, decided by its method, target and headers before routing.

Three kinds of caller share the port. Programs that have the checkout's key may call everything. Web pages may reach
what a page needs: the deployed APIs, and S3 with what the application has signed. All others are refused, and so is a
page that reaches the port under its own host name (DNS rebinding).

A browser marks requests that a page of another site sends with `Origin` (Fetch Standard, "Origin header") and
`Sec-Fetch-Site` (W3C, "Fetch Metadata Request Headers"). An old browser may leave a request unmarked; it then fails
because it has no signature.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Protocol

from localcloud.guard.request import Refused, Request

INSTANCE = "/_local/instance"
"""The one address that every program may read: it tells which engine of which checkout this is, and nothing else."""

_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\]|(?:[a-z0-9_-]{1,63}\.)+localhost)(?::([0-9]{1,5}))?", re.ASCII)
_PLAIN = {"127.0.0.1", "localhost", "[::1]"}
_API_PATH = re.compile(r"/_aws/execute-api/[a-z0-9]+/|/restapis/[a-z0-9]+/[A-Za-z0-9_$-]*/_user_request_(?:/|\Z)")
_ROUTED_BY_HEADER = ("authorization", "x-amz-target", "x-amz-request-route", "x-localstack-target")


class Requirement(Enum):
    """What a request still needs."""

    OPEN = auto()
    """Nothing: a deployed API does its own authorization."""
    SIGNED = auto()
    """A signature with a key that the engine knows."""
    PRESIGNED = auto()
    """The same, for S3, where the application gives presigned URLs to pages."""
    FORM = auto()
    """A signature in the form, which the engine verifies; the application gives such forms to pages."""
    PREFLIGHT = auto()
    """Nothing: the bucket's own CORS configuration answers."""


class Buckets(Protocol):
    """What the rule needs to know from an engine."""

    def target(self, request: Request) -> tuple[str, str] | None:
        """Return the existing bucket and the key that a request addresses; `None` when it does not address one."""


def requirement(request: Request, port: int, buckets: Buckets, api_host: re.Pattern[str] | None = None) -> Requirement:
    """Decide what a request needs, or raise `Refused`.

    Parameters
    ----------
    port
        The port on which the engine listens.
    buckets
        Tells which requests address S3.
    api_host
        The host names of deployed APIs.
    """
    name = _name(request, port)
    if not request.path.startswith("/"):
        raise Refused("The target of a request to the local cloud must be a path.")
    if _deployed_api(request, name, api_host):
        return Requirement.OPEN
    wanted = _of_s3(request, buckets)
    if wanted:
        return wanted
    if from_another_site(request):
        raise Refused("A page of another site may reach only the deployed APIs and what is signed for S3.")
    return Requirement.OPEN if request.method == "GET" and request.path == INSTANCE else Requirement.SIGNED


def handshake(request: Request, port: int, api_host: re.Pattern[str] | None = None) -> None:
    """Raise `Refused` unless a WebSocket handshake goes to a deployed API."""
    if not _deployed_api(request, _name(request, port), api_host):
        raise Refused("A WebSocket can connect only to a deployed API.")


def from_another_site(request: Request) -> bool:
    """Return whether the browser says that a page of another origin sent the request."""
    own = f"http://{request.header('host').lower()}"
    return any(origin.lower() != own for origin in request.all("origin")) or any(
        site not in ("same-origin", "none") for site in request.all("sec-fetch-site")
    )


def _name(request: Request, port: int) -> str:
    """Return the host name of the request, without the port."""
    hosts = request.all("host")
    match = _HOST.fullmatch(hosts[0].lower()) if len(hosts) == 1 else None
    if match is None or match[2] not in (None, str(port)):
        raise Refused(f"This port answers only to its own names, such as 127.0.0.1:{port}.")
    return match[1]


def _deployed_api(request: Request, name: str, api_host: re.Pattern[str] | None) -> bool:
    """Return whether a request goes to a deployed API, but not to its connection management (`@connections`)."""
    if api_host and api_host.fullmatch(name):
        there = True
    else:
        there = name in _PLAIN and _API_PATH.match(request.decoded) is not None
    return there and "@connections" not in request.decoded and not {".", ".."} & set(request.decoded.split("/"))


def _of_s3(request: Request, buckets: Buckets) -> Requirement | None:
    """Return how a request may reach S3, among the ways that an application opens to pages."""
    if any(request.all(header) for header in _ROUTED_BY_HEADER):
        return None
    if request.method == "OPTIONS":
        wanted = Requirement.PREFLIGHT
    elif request.parameter("x-amz-signature"):
        wanted = Requirement.PRESIGNED
    elif request.method == "POST" and request.header("content-type").lower().startswith("multipart/form-data;"):
        wanted = Requirement.FORM
    else:
        return None
    target = buckets.target(request)
    if target is None or (wanted is Requirement.FORM and not _is_form(request, target[1])):
        return None
    return wanted


def _is_form(request: Request, key: str) -> bool:
    """Return whether a form goes to a bucket, and nothing else in it makes it another request."""
    return not key and not request.query and not any(name.startswith("x-amz-") for name, _ in request.headers)
