"""Access control for MiniStack: the gate in front of its application, and function credentials that cannot be guessed.

MiniStack accepts any secret for the key `test` and for every account number, and serves `/_ministack/*` without a key.
It derives a function's credentials from the names of the function and its role alone, and stores an unsigned form
upload where the bucket is public. AWS accepts none of these ("AWS Signature Version 4 for API requests", IAM User
Guide). This is not a patch, since it has to run before anything is routed.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from localcloud.guard.gate import Gate
from localcloud.guard.keys import AccessKey
from localcloud.guard.request import Refused, Request
from localcloud.guard.signatures import Credential

_Message = dict[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[_Message, _Receive, _Send], Awaitable[None]]

_API_HOST = re.compile(r"[a-f0-9]{8}\.execute-api\.localhost")


def install(key: AccessKey) -> None:
    """Put the gate in front of the application; call it after everything else that wraps the application."""
    from ministack import app

    os.environ |= key.variables()  # the engine's own key, with which it recognizes its root user
    _make_credentials_secret(key)
    _refuse_unsigned_forms()
    app.app = guarded(app.app, _MiniStack(key), int(os.environ["GATEWAY_PORT"]))


def guarded(serve: _App, emulator: _MiniStack, port: int) -> _App:
    """Return the application behind the gate."""
    gate = Gate(port, emulator, _API_HOST)

    async def serving(scope: _Message, receive: _Receive, send: _Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await serve(scope, receive, send)
            return
        request, body = _request(scope), None
        try:
            if scope["type"] == "websocket":
                gate.handshake(request)
                await serve(scope, receive, send)
                return
            admission = gate.admit(request)
            body = await _whole(receive) if admission.needs_body else None
            gate.verify(request, admission, None if body is None else hashlib.sha256(body).hexdigest())
        except Refused as refused:
            if scope["type"] == "http" and body is None:
                await _whole(receive)  # a client whose connection closes while it sends cannot read the reason
            await _refuse(send, request, refused, emulator.cors(request), websocket=scope["type"] == "websocket")
            return
        sending = send if admission.keeps_cors_headers else _without_cors(send)
        await serve(scope, receive if body is None else _replaying(body, receive), sending)

    return serving


class _MiniStack:
    """What the gate needs to know from MiniStack."""

    def __init__(self, key: AccessKey) -> None:
        self._key = key

    def credential(self, key_id: str, region: str) -> Credential | None:  # noqa: ARG002 - MiniStack's keys have none
        """Return the credential of the checkout's key or of one that MiniStack issued, or `None`."""
        from ministack.services import iam, sts

        if hmac.compare_digest(key_id.encode(), self._key.id.encode()):
            return Credential(self._key.secret)
        session = sts._sessions.get(key_id)
        if session:
            good = not session.get("Expiration") or session["Expiration"] > time.time()
            return Credential(session["SecretAccessKey"], session["SessionToken"]) if good else None
        found = [record for (_, name), record in iam._access_keys.to_dict().items() if name == key_id]
        active = len(found) == 1 and found[0].get("Status") == "Active"
        return Credential(found[0]["SecretAccessKey"]) if active else None

    def target(self, request: Request) -> tuple[str, str] | None:
        """Return the bucket and key that a request addresses, by MiniStack's routing."""
        from ministack import app

        target: tuple[str, str] | None = app._s3_cors_target(request.header("host"), request.decoded)
        if target is None:
            return None
        parameters = parse_qs(request.query, keep_blank_values=True)
        service = app.detect_service(request.method, request.decoded, _headers(request), parameters)
        return target if service == "s3" else None

    def cors(self, request: Request) -> dict[str, str]:
        """Return the CORS headers that let a page read why S3 refuses it, if the bucket's rules allow that."""
        from ministack import app

        target = self.target(request) if request.all("origin") else None
        if target is None:
            return {}
        headers: dict[str, str] = app._get_module("s3").cors_response_headers(
            target[0], request.method, _headers(request)
        )
        return headers


def _headers(request: Request) -> dict[str, str]:
    return {name: request.header(name) for name, _ in request.headers}


def _request(scope: _Message) -> Request:
    target = scope["raw_path"].decode("latin-1")
    if scope["query_string"]:
        target += "?" + scope["query_string"].decode("latin-1")
    return Request.of(scope.get("method", "GET"), target, scope["headers"])


async def _whole(receive: _Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _replaying(body: bytes, receive: _Receive) -> _Receive:
    """Return a `receive` that delivers a body again, and then continues with the connection."""
    pending = [body]

    async def again() -> _Message:
        return {"type": "http.request", "body": pending.pop(), "more_body": False} if pending else await receive()

    return again


def _without_cors(send: _Send) -> _Send:
    async def sending(message: _Message) -> None:
        if message["type"] == "http.response.start":
            kept = [pair for pair in message["headers"] if not pair[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": kept}
        await send(message)

    return sending


async def _refuse(send: _Send, request: Request, refused: Refused, extra: dict[str, str], *, websocket: bool) -> None:
    content_type, body = refused.body(request)
    headers = {"Content-Type": content_type, "Content-Length": str(len(body)), **extra}
    if refused.code:
        headers["x-amzn-errortype"] = refused.code
    kind = "websocket.http" if websocket else "http"
    start = {
        "type": f"{kind}.response.start",
        "status": refused.status,
        "headers": [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in headers.items()],
    }
    await send(start)
    await send({"type": f"{kind}.response.body", "body": b"" if request.method == "HEAD" else body})


def _make_credentials_secret(key: AccessKey) -> None:
    """Derive a function's credentials from the checkout's secret instead of from names alone."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc, sts

    def credentials(config: dict[str, Any]) -> dict[str, str]:
        account, _ = lambda_runtime._account_region_from_function_config(config)
        role = config.get("Role", "").rsplit("/", 1)[-1]
        names = f"{config.get('FunctionArn', '')}:{config.get('Role', '')}"

        def derived(purpose: str) -> str:
            return hmac.new(key.secret.encode(), f"{purpose}:{names}".encode(), hashlib.sha256).hexdigest()

        made = f"ASIA{derived('id')[:16].upper()}", derived("secret"), derived("token")
        session = config.get("FunctionName", "function")[:64]
        sts.register_session(
            made[0],
            {
                "Arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
                "UserId": f"{role}:{session}",
                "SecretAccessKey": made[1],
                "SessionToken": made[2],
            },
        )
        return dict(zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), made, strict=True))

    lambda_runtime.execution_credentials = credentials
    lambda_svc.execution_credentials = credentials


def _refuse_unsigned_forms() -> None:
    """Refuse forms without a signature, which MiniStack would accept."""
    from ministack.services import s3

    def refusing(*_: Any) -> Any:
        return s3._error("AccessDenied", "Access Denied", 403)

    s3._enforce_post_policy_size = refusing
