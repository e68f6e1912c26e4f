"""Fetching a key set over https: from a server with a certificate of its own, and from servers that behave badly."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from auth import jwks
from auth.errors import KeysUnavailable
from auth.jwks import MAX_BYTES, fetch
from tests.unit.functions.support.tokens import ec_key, key_set

Context = Callable[[], ssl.SSLContext]


class _Answers(BaseHTTPRequestHandler):
    """Answers by path."""

    def do_GET(self) -> None:
        bodies = {"/jwks": key_set(), "/long": b"x" * (MAX_BYTES + 1), "/longest": b"x" * MAX_BYTES}
        if self.path == "/hang":
            self.server.released.wait(5)  # type: ignore[attr-defined]
            return
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/jwks")
            self.end_headers()
            return
        body = bodies.get(self.path)
        self.send_response(200 if body is not None else 404)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(ec_key().public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(ec_key(), hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    key = ec_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(key + signed.public_bytes(Encoding.PEM))
    return path


@pytest.fixture(scope="module")
def server(certificate: Path) -> Iterator[str]:
    """An https server; returns its URL."""
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    httpd.released = threading.Event()  # type: ignore[attr-defined]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"https://127.0.0.1:{httpd.server_port}"
    httpd.released.set()  # type: ignore[attr-defined]
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture
def trusting(certificate: Path) -> Context:
    """Trusts the server's certificate and no other."""
    return lambda: ssl.create_default_context(cafile=str(certificate))


def test_a_key_set_is_fetched(server: str, trusting: Context) -> None:
    assert fetch(f"{server}/jwks", trusting) == key_set()
    assert len(fetch(f"{server}/longest", trusting)) == MAX_BYTES


@pytest.mark.parametrize(
    ("path", "reason"), [("/moved", "HTTPError"), ("/missing", "HTTPError"), ("/long", "too long")]
)
def test_bad_answers_are_no_keys(server: str, trusting: Context, path: str, reason: str) -> None:
    with pytest.raises(KeysUnavailable, match=reason):
        fetch(server + path, trusting)


def test_a_slow_server_is_given_up(server: str, trusting: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "TIMEOUT_SECONDS", 0.2)
    with pytest.raises(KeysUnavailable, match=r"TimeoutError|timeout"):
        fetch(f"{server}/hang", trusting)


def test_an_unknown_certificate_is_refused(server: str) -> None:
    with pytest.raises(KeysUnavailable) as refused:
        fetch(f"{server}/jwks")
    assert "CERTIFICATE_VERIFY_FAILED" in str(refused.value.__cause__)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/jwks", "file:///etc/hostname", "https://", "", "https://127.0.0.1:1/"]
)
def test_only_https_is_fetched(url: str) -> None:
    with pytest.raises(KeysUnavailable):
        fetch(url)
