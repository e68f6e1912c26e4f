"""The page's server. It hands out tokens, so it listens on the loopback alone and answers to its own name alone."""

from __future__ import annotations

import errno
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from localcloud.guard.request import Request
from localcloud.guard.rule import from_another_site
from tools.errors import MachineProblem, ToolError
from tools.operations.demo.deployment import Deployment

HOST = "127.0.0.1"
_FOLDER = Path(__file__).parent
_SCRIPTS = ("app.js", "deployment.js", "images.js", "items.js", "live.js")
_FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/style.css": ("style.css", "text/css; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
    **{f"/{name}": (name, "text/javascript; charset=utf-8") for name in _SCRIPTS},
}


class DemoServer(ThreadingHTTPServer):
    """Serves the page for one deployment.

    Parameters
    ----------
    port
        Where to listen; 0 takes a free one.

    Raises
    ------
    MachineProblem
        The port is taken, or not to be had.
    """

    daemon_threads = True

    def __init__(self, deployment: Deployment, port: int) -> None:
        self.deployment = deployment
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
            raise MachineProblem(f"Port {port} {why}.", "python -m tools demo --port 0 takes a free one") from None

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{HOST}:{self.server_address[1]}"

    @property
    def names(self) -> tuple[str, ...]:
        """What a browser may call it. Any other name led here by DNS rebinding, or by mistake."""
        port = self.server_address[1]
        return (f"{HOST}:{port}", f"localhost:{port}")


class _Handler(BaseHTTPRequestHandler):
    server: DemoServer
    server_version = "demo"
    sys_version = ""
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with a file of the page, or with what it is told about the deployment."""
        path = self.path.partition("?")[0]
        if self.headers.get_all("Host") not in [[name] for name in self.server.names]:
            self._answer(421, b"This server answers to its own address alone.\n", "text/plain; charset=utf-8")
        elif path == "/config.json":
            self._config()
        elif path in _FILES:
            name, content_type = _FILES[path]
            self._answer(200, (_FOLDER / name).read_bytes(), content_type)
        else:
            self._answer(404, b"There is no such page.\n", "text/plain; charset=utf-8")

    do_HEAD = do_GET

    def _config(self) -> None:
        # Other pages can neither read the answer, for want of CORS headers, nor have it sent as their own script.
        if from_another_site(Request.of(self.command, self.path, self._raw_headers())):
            self._answer(403, b"This is for the page alone.\n", "text/plain; charset=utf-8")
            return
        status, document = 200, {}
        try:
            document = self.server.deployment.config()
        except ToolError as error:
            status, document = 503, {"problem": error.problem, "fix": error.fix}
        self._answer(status, json.dumps(document).encode(), "application/json")

    def _raw_headers(self) -> list[tuple[bytes, bytes]]:
        return [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in self.headers.items()]

    def _answer(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        headers = {
            "Content-Type": content_type,
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Content-Security-Policy": self.server.deployment.content_security_policy(),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing: the page shows what it does."""
