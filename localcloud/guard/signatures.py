"""Verify AWS Signature Version 4, in the Authorization header and in the query.

AWS documents it in "AWS Signature Version 4 for API requests" (IAM User Guide), and for S3 in "Authenticating Requests
(AWS Signature Version 4)" (Amazon S3 API Reference). S3 signs a path as it is sent and may leave a body unsigned; all
other services sign the normalized path, encoded once more, and the body. Of a body that is signed in chunks, only the
seed signature is verified, not the chunks. Signature Versions 2 and 4A are refused.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from calendar import timegm
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, unquote

from localcloud.guard.request import Refused, Request

_ALGORITHM = "AWS4-HMAC-SHA256"
_UNSIGNED = "UNSIGNED-PAYLOAD"
_SKEW_S = 15 * 60
_LONGEST_S = 7 * 24 * 3600
_MISMATCH = "The signature does not match: another secret was used, or the request was changed after it was signed."


@dataclass(frozen=True)
class Credential:
    """What an engine knows about a key.

    Parameters
    ----------
    secret
        The secret that the key signs with.
    token
        The session token that a request must have; empty for a long-term key.
    internal
        Whether the engine signs its calls to itself with it.
    """

    secret: str
    token: str = ""
    internal: bool = False


Lookup = Callable[[str, str], Credential | None]
"""Finds a valid key by its id, in a region; returns `None` when there is none."""


@dataclass(frozen=True)
class Signature:
    """The parts of a request's signature."""

    key_id: str
    date: str
    region: str
    service: str
    signed: tuple[str, ...]
    value: str
    moment: str
    token: str
    lifetime_s: int | None = None

    @property
    def presigned(self) -> bool:
        """Whether it is in the query."""
        return self.lifetime_s is not None


def attempted(request: Request) -> bool:
    """Return whether a request has AWS credentials, valid or not."""
    names = {name.lower() for name, _ in request.parameters}
    return request.header("authorization").startswith(("AWS4-", "AWS ")) or bool(
        names & {"x-amz-algorithm", "x-amz-credential", "x-amz-signature", "awsaccesskeyid"}
    )


def read(request: Request) -> Signature:
    """Return the parts of a request's signature; raise `Refused` when it has none that can be verified."""
    authorization = request.header("authorization")
    in_query = request.parameter("x-amz-signature")
    if authorization and in_query:
        raise Refused("A request must be signed in its header or in its query, not in both.", "InvalidArgument", 400)
    if authorization.startswith(f"{_ALGORITHM} "):
        fields = dict(part.strip().partition("=")[::2] for part in authorization[len(_ALGORITHM) :].split(","))
        return _signature(fields, request.header("x-amz-date"), request.header("x-amz-security-token"), None)
    if in_query and request.parameter("x-amz-algorithm") == _ALGORITHM:
        names = ("Credential", "SignedHeaders", "Signature")
        fields = {name: request.parameter(f"x-amz-{name.lower()}") for name in names}
        expires = request.parameter("x-amz-expires") or str(_SKEW_S)
        if not (expires.isascii() and expires.isdigit() and int(expires) <= _LONGEST_S):
            raise Refused("A presigned URL is valid for at most a week.", "AuthorizationQueryParametersError", 400)
        token = request.parameter("x-amz-security-token")
        return _signature(fields, request.parameter("x-amz-date"), token, int(expires))
    if attempted(request):
        raise Refused("The local cloud accepts only AWS Signature Version 4.", "AccessDenied")
    raise Refused(
        "The request is not signed: python -m tools env prints the key of this local cloud.",
        "MissingAuthenticationToken",
    )


def check(
    request: Request, signature: Signature, lookup: Lookup, payload: str | None, now_s: float | None = None
) -> Credential:
    """Return the key that signed exactly this request and is valid now; raise `Refused` when there is none.

    Parameters
    ----------
    lookup
        Finds the key.
    payload
        The body's SHA-256 in hexadecimal; `None` when the body is not signed (see `signs_body`).
    now_s
        The time, in seconds since 1970.
    """
    credential = lookup(signature.key_id, signature.region)
    if credential is None:
        code = "InvalidAccessKeyId" if signature.service == "s3" else "InvalidClientTokenId"
        raise Refused("This local cloud does not know the access key: python -m tools env prints its own.", code)
    if not hmac.compare_digest(credential.token.encode(), signature.token.encode()):
        raise Refused("The session token does not belong to the access key.", "InvalidToken", 400)
    _check_time(signature, time.time() if now_s is None else now_s)
    present = {name for name, _ in request.headers if name.startswith("x-amz-")}
    if "host" not in signature.signed or not present <= set(signature.signed):
        raise Refused("The request has headers that are not signed.", "AccessDenied")
    hashed = payload or declared(request, signature)
    key = signing_key(credential.secret, signature.date, signature.region, signature.service)
    scope = f"{signature.date}/{signature.region}/{signature.service}/aws4_request"
    for path in _paths(request.path, signature.service):
        canonical = _canonical(request, signature, path, hashed)
        text = "\n".join([_ALGORITHM, signature.moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        if hmac.compare_digest(hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), signature.value):
            return credential
    raise Refused(_MISMATCH, "SignatureDoesNotMatch")


def declared(request: Request, signature: Signature) -> str:
    """Return the body hash that a request declares; empty when it has to be computed."""
    if signature.presigned and signature.service == "s3":
        return _UNSIGNED
    return request.header("x-amz-content-sha256")


def signs_body(request: Request, signature: Signature) -> bool:
    """Return whether the body has to be hashed to verify the signature."""
    hashed = declared(request, signature)
    return not hashed or (len(hashed) == 64 and "-" not in hashed)


def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """Return the signing key for one day, region and service."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _signature(fields: dict[str, str], moment: str, token: str, lifetime_s: int | None) -> Signature:
    scope = fields.get("Credential", "").split("/")
    signed, value = fields.get("SignedHeaders", "").split(";"), fields.get("Signature", "")
    if len(scope) != 5 or not all(scope) or scope[4] != "aws4_request" or not value or not value.isascii():
        raise Refused("The signature is incomplete.", "IncompleteSignature", 400)
    if scope[1] != moment[:8]:
        raise Refused("The date of the signature is not that of the request.", "SignatureDoesNotMatch")
    key_id, date, region, service, _ = scope
    return Signature(key_id, date, region, service, tuple(signed), value, moment, token, lifetime_s)


def _check_time(signature: Signature, now_s: float) -> None:
    try:
        signed_s = timegm(time.strptime(signature.moment, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise Refused("The time of the signature is not a valid time.", "IncompleteSignature", 400) from None
    if signature.lifetime_s is not None and now_s > signed_s + signature.lifetime_s:
        raise Refused("Request has expired", "AccessDenied")
    if signed_s > now_s + _SKEW_S or (signature.lifetime_s is None and signed_s < now_s - _SKEW_S):
        raise Refused("The time of the signature is too far from the current time.", "RequestTimeTooSkewed")


def _canonical(request: Request, signature: Signature, path: str, hashed: str) -> str:
    pairs = (pair.partition("=") for pair in request.query.split("&") if pair)
    encoded = [(_encode(unquote(name)), _encode(unquote(value))) for name, _, value in pairs]
    if signature.presigned:
        encoded = [(name, value) for name, value in encoded if name.lower() != "x-amz-signature"]
    headers = [f"{name}:{_folded(request, name)}\n" for name in signature.signed]
    query = "&".join(f"{name}={value}" for name, value in sorted(encoded))
    return "\n".join([request.method, path, query, "".join(headers), ";".join(signature.signed), hashed])


def _folded(request: Request, name: str) -> str:
    return ",".join(" ".join(value.split()) for value in request.all(name))


def _paths(path: str, service: str) -> dict[str, None]:
    """Return the forms in which clients sign a path; forms other than AWS's address the same resource."""
    if service == "s3":
        return dict.fromkeys([path, _encode(unquote(path), "/")])
    return dict.fromkeys([_encode(_normalized(path), "/"), _encode(path, "/"), _encode(unquote(path), "/")])


def _normalized(path: str) -> str:
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            kept = kept[:-1]
        elif segment not in ("", "."):
            kept.append(segment)
    return "/" + "/".join(kept) + ("/" if kept and path.endswith("/") else "")


def _encode(text: str, safe: str = "") -> str:
    return quote(text, safe=f"-_.~{safe}")
