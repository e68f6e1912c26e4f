"""An API of the test's own, with uploads and what is made of them, which answers as the deployed one does."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.unit.toolkit.http2_server import serve_http2
from tests.unit.toolkit.sockets import Sockets
from tools.deployment.smoke.picture import png

Reply = tuple[int, Any]
DEFAULTS: dict[str, Any] = {"description": "", "tags": [], "visibility": "private", "images": [], "owner": "alice"}


class Api:
    """A right API in memory; `wrong` replaces its answer to a request.

    Parameters
    ----------
    sockets
        Where it pushes what happens, if anywhere.
    """

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.wrong: dict[str, Callable[[Reply], Reply]] = {}
        self.requests: list[str] = []
        self.url = ""
        self.origin = "*"
        self.sockets: Sockets | None = None
        self.processes = True
        self.pushed_name: str | None = None
        # Pages by what the gateway's cache goes by: the path, and the token where its header is spelt like that.
        self.cache_key: tuple[str, ...] = ()
        self.speaks_http2 = True
        self.settles_after = 0
        self._pages: dict[tuple[str, str], Reply] = {}
        self._made = 0

    def answer(self, method: str, path: str, headers: Any, body: Any) -> Reply:
        """Return status and body of one request."""
        if self.settles_after:
            self.settles_after -= 1
            return 403, {"message": "Forbidden"}
        if not self.cache_key or method != "GET" or urlsplit(path).path != "/prod/items":
            return self._answer(method, path, headers, body)
        token = next((value for name, value in headers.items() if name in self.cache_key), "")
        return self._pages.setdefault((path, token), self._answer(method, path, headers, body))

    def _answer(self, method: str, path: str, headers: Any, body: Any) -> Reply:
        parts = urlsplit(path).path.split("/")[2:]
        if method == "OPTIONS":
            return 204, None
        if parts == ["health"]:
            return 200, {"status": "ok"}
        if parts == ["bucket"]:
            return self._upload(headers, body) if method == "POST" else (200, png(64, 48))
        if method == "POST" and "Authorization" not in headers:
            return 401, {"requestId": "r"}
        if parts == ["items"]:
            return self._create(body) if method == "POST" else self._list(path, headers)
        if parts[1] not in self.items:
            return 404, {"requestId": "r"}
        if len(parts) == 3:
            return self._images(method, self.items[parts[1]])
        return self._one(method, parts[1], headers, body)

    def _list(self, path: str, headers: Any) -> Reply:
        stranger = any(name.lower() == "authorization" and "stranger" in value for name, value in headers.items())
        return 200, {"items": [] if stranger else self._listed(path), "nextCursor": None}

    def _listed(self, path: str) -> list[dict[str, Any]]:
        public = parse_qs(urlsplit(path).query).get("view") == ["public"]
        return [item for item in self.items.values() if not public or item["visibility"] == "public"]

    def _create(self, body: Any) -> Reply:
        if not body["name"]:
            return 400, {"requestId": "r", "title": "Bad Request", "detail": "name is too short"}
        self._made += 1
        item = {**DEFAULTS, **body, "id": f"i{self._made}", "version": 1}
        self._change("ItemCreated", item)
        return 201, item

    def _one(self, method: str, name: str, headers: Any, body: Any) -> Reply:
        item = self.items[name]
        if method == "PUT":
            if headers["If-Match"] != f'"{item["version"]}"':
                return 412, {"requestId": "r"}
            self._change("ItemUpdated", {**item, **body, "version": item["version"] + 1}, ["name"])
        if method == "DELETE":
            del self.items[name]
            self._push("ItemDeleted", item)
            return 204, None
        return 200, self.items[name]

    def _images(self, method: str, item: dict[str, Any]) -> Reply:
        bucket = f"{self.url}/bucket"
        if method == "POST":
            return 201, {"imageId": "m", "url": bucket, "fields": {"key": f"uploads/{item['id']}/m", "policy": "p"}}
        images = [{**image, "sizes": [{**size, "url": bucket} for size in image["sizes"]]} for image in item["images"]]
        return 200, {"images": images}

    def _upload(self, headers: Any, body: bytes) -> Reply:
        name = body.split(b"uploads/", 1)[1].split(b"/", 1)[0].decode()
        assert headers["Content-Type"].startswith("multipart/form-data")
        if self.processes:
            image = {"id": "m", "width": 640, "height": 480, "sizes": [{"name": "thumb", "width": 64, "height": 48}]}
            item = self.items[name]
            self._change("ItemUpdated", {**item, "images": [image], "version": item["version"] + 1}, ["images"])
        return 204, None

    def _change(self, kind: str, item: dict[str, Any], changes: list[str] | None = None) -> None:
        self.items[item["id"]] = item
        self._push(kind, item, changes)

    def _push(self, kind: str, item: dict[str, Any], changes: list[str] | None = None) -> None:
        if self.sockets:
            shown = item | ({"name": self.pushed_name} if self.pushed_name else {})
            time = "2026-11-24T10:00:00.000Z"
            self.sockets.push({"type": kind, "id": "e", "time": time, "item": shown, "changes": changes or []})


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the server's API."""

    api: Api

    def handle(self) -> None:
        """Speak HTTP/2 with whoever begins with its preface (RFC 9113, 3.4), else HTTP/1.1."""
        if self.api.speaks_http2 and self.connection.recv(3, socket.MSG_PEEK) == b"PRI":
            serve_http2(self.connection, self.api)
        else:
            super().handle()

    def _serve(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.api.requests.append(f"{self.command} {self.path}")
        is_json = self.headers.get("Content-Type") == "application/json"
        content = json.loads(sent) if sent and is_json else sent
        status, body = self.api.answer(self.command, self.path, self.headers, content)
        change = self.api.wrong.get(f"{self.command} {status}")
        if change:
            status, body = change((status, body))
        answer = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        if status == 201 and isinstance(body, dict):
            self.send_header("Location", f"{self.path}/{body.get('id')}")
        self.send_header("Access-Control-Allow-Origin", self.api.origin)
        self.send_header("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE")
        self.send_header("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match, Idempotency-Key")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = _serve

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serving_api() -> Iterator[Api]:
    """Serve an API."""
    served = Api()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"api": served}))
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_address[1]}/prod"
    yield served
    server.shutdown()
    server.server_close()
    thread.join()
