"""Access control for LocalStack: the gate in front of its gateway.

LocalStack's open source code checks no keys: it accepts any key and none, and of a form's signature it checks only that
there is one. It calls itself over its own port, with a key from its source code. AWS documents signatures in "AWS
Signature Version 4 for API requests" (IAM User Guide).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from typing import Any

from localcloud.guard import signatures
from localcloud.guard.gate import Gate
from localcloud.guard.keys import AccessKey
from localcloud.guard.request import Refused, Request
from localcloud.guard.signatures import Credential

_Environ = dict[str, Any]
_Wsgi = Callable[[_Environ, Callable[..., Any]], Iterable[bytes]]

_API_HOST = re.compile(r"[a-z0-9]+\.execute-api\.localhost")
_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
_REASONS = {400: "Bad Request", 403: "Forbidden"}


def make_calls_to_itself_secret() -> str:
    """Replace the secret with which LocalStack signs calls to itself, and return it.

    Call it before anything of LocalStack is imported, since other modules copy the secret.
    """
    from localstack import constants

    constants.INTERNAL_AWS_SECRET_ACCESS_KEY = secrets.token_hex()
    return str(constants.INTERNAL_AWS_SECRET_ACCESS_KEY)


def install(key: AccessKey, own_secret: str, port: int) -> None:
    """Put the gate in front of everything that the port serves."""
    from localstack.aws.handlers import cors
    from rolo.gateway import Gateway as Server
    from rolo.gateway.wsgi import WsgiGateway
    from rolo.response import Response

    emulator = _LocalStack(key, own_secret)
    WsgiGateway.__call__ = _method(guarded, WsgiGateway.__call__, Gate(port, emulator, _API_HOST))
    Server.accept = lambda _, request: request.reject(Response(status=403))  # there are no WebSockets
    _check_forms(emulator)
    # LocalStack's own web app could otherwise read buckets that have no CORS configuration.
    cors.ALLOWED_CORS_ORIGINS.clear()
    cors.DYNAMIC_INTERNAL_ORIGINS = ()


def guarded(serve: _Wsgi, gate: Gate) -> _Wsgi:
    """Return the WSGI application behind the gate."""

    def serving(environ: _Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        request = Request.of(environ["REQUEST_METHOD"], environ["RAW_URI"], environ["rolo.headers"])
        try:
            admission = gate.admit(request)
            payload = None
            if admission.needs_body:
                body = environ["wsgi.input"].read()
                environ["wsgi.input"] = BytesIO(body)
                payload = hashlib.sha256(body).hexdigest()
            gate.verify(request, admission, payload)
        except Refused as refused:
            content_type, text = refused.body(request)
            headers = [("Content-Type", content_type), ("Content-Length", str(len(text)))]
            start(f"{refused.status} {_REASONS[refused.status]}", headers)
            return [b"" if request.method == "HEAD" else text]
        return serve(environ, start if admission.keeps_cors_headers else _without_cors(start))

    return serving


def _method(wrap: Callable[[_Wsgi, Gate], _Wsgi], method: Any, gate: Gate) -> Any:
    def serving(server: Any, environ: _Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        return wrap(lambda *arguments: method(server, *arguments), gate)(environ, start)

    return serving


def _without_cors(start: Callable[..., Any]) -> Callable[..., Any]:
    def starting(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        return start(status, [pair for pair in headers if not pair[0].lower().startswith("access-control-")], *more)

    return starting


class _LocalStack:
    """What the gate needs to know from LocalStack.

    Parameters
    ----------
    key
        The checkout's access key.
    own_secret
        The secret with which LocalStack signs calls to itself, under its own key id or an account number.
    """

    def __init__(self, key: AccessKey, own_secret: str) -> None:
        self._key = key
        self._own_secret = own_secret

    def credential(self, key_id: str, region: str) -> Credential | None:
        """Return the credential of the checkout's key, of one that LocalStack issued, or of its own; or `None`."""
        from localstack.aws.accounts import get_account_id_from_access_key_id
        from localstack.constants import INTERNAL_AWS_ACCESS_KEY_ID
        from localstack.services.iam.utils import get_access_key_by_id
        from localstack.services.sts.models import sts_stores

        if hmac.compare_digest(key_id.encode(), self._key.id.encode()):
            return Credential(self._key.secret)
        if key_id == INTERNAL_AWS_ACCESS_KEY_ID or _ACCOUNT.fullmatch(key_id):
            return Credential(self._own_secret, internal=True)
        account = get_account_id_from_access_key_id(key_id)
        session = sts_stores[account][region].credentials.get(key_id)
        if session and session.is_expired():
            return None
        found = get_access_key_by_id(account, region, key_id)
        # A service's pollers assume the function's role, and name the caller in one of LocalStack's own headers.
        return Credential(found.secret_access_key, found.session_token or "", internal=True) if found else None

    def target(self, request: Request) -> tuple[str, str] | None:
        """Return the bucket and key that a request addresses; an existing bucket comes before other services."""
        from localstack.services.s3.models import s3_stores

        bucket, _, key = request.decoded[1:].partition("/")
        plain = not re.match(r"[^:]*\.localhost(?::|\Z)", request.header("host"))
        return (bucket, key) if plain and bucket in _buckets(s3_stores) else None


def _buckets(stores: Any) -> Mapping[str, Any]:
    from localstack.constants import AWS_REGION_US_EAST_1, DEFAULT_AWS_ACCOUNT_ID

    buckets: Mapping[str, Any] = stores[DEFAULT_AWS_ACCOUNT_ID][AWS_REGION_US_EAST_1].global_bucket_map
    return buckets


def _check_forms(emulator: _LocalStack) -> None:
    """Verify the signature of an upload form ("Creating a POST policy", Amazon S3 API Reference)."""
    from localstack.aws.api.s3 import AccessDenied, SignatureDoesNotMatch
    from localstack.services.s3 import provider

    validate = provider.validate_post_policy

    def validating(form: Any, metadata: Any) -> None:
        names = [name.lower() for name in form]
        if len(set(names)) != len(names) or any(len(form.getlist(name)) != 1 for name in form):
            raise AccessDenied("A field of the form occurs more than once.")
        if not form_is_signed({name.lower(): value for name, value in form.items()}, emulator.credential):
            raise SignatureDoesNotMatch("The form is not signed with a known key.")
        validate(form, metadata)

    provider.validate_post_policy = validating


def form_is_signed(fields: Mapping[str, str], lookup: signatures.Lookup) -> bool:
    """Return whether a form's policy is signed with a known key."""
    scope = fields.get("x-amz-credential", "").split("/")
    if len(scope) != 5 or scope[3:] != ["s3", "aws4_request"] or not fields.get("policy"):
        return False
    known = lookup(scope[0], scope[2])
    if known is None or not hmac.compare_digest(known.token, fields.get("x-amz-security-token", "")):
        return False
    key = signatures.signing_key(known.secret, scope[1], scope[2], "s3")
    expected = hmac.new(key, fields["policy"].encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), fields.get("x-amz-signature", "").encode())
