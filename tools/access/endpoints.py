"""Whether an AWS endpoint answers at an address: Terraform would try for minutes, and an SDK may raise anything."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from tools.errors import CloudProblem, UsageProblem

PATIENCE_S = 10.0
"""How long an endpoint may take for a call that does nothing, whatever it sends meanwhile."""

_EXAMPLE = "--endpoint-url http://127.0.0.1:4566, for example"
_START = "start the emulator there, or leave --endpoint-url out"
_MOST = 65536

# Whoever it is that asks, AWS answers this call, or with an error whose code it names (Security Token Service API
# reference, GetCallerIdentity and "Common Error Types"). Unsigned, so that it needs no key.
_QUESTION = b"Action=GetCallerIdentity&Version=2011-06-15"
_ANSWERS = re.compile(rb'<GetCallerIdentityResponse|<Code>\w|"__type"|"GetCallerIdentityResponse"')


def check(endpoint: str) -> None:
    """Return when an AWS endpoint answers at `endpoint`.

    Raises
    ------
    UsageProblem
        It is no URL of an endpoint.
    CloudProblem
        Nothing answers there within `PATIENCE_S` seconds, or something else does.
    """
    address, port = _address(endpoint)
    try:
        answer = _ask(address, port)
    except TimeoutError:
        raise CloudProblem(f"{endpoint} does not answer within {PATIENCE_S:g} s.", _START) from None
    except ssl.SSLCertVerificationError as error:
        raise CloudProblem(f"The certificate of {endpoint} is not trusted: {error.verify_message}.", _START) from None
    except ssl.SSLError:
        raise CloudProblem(f"{endpoint} speaks no TLS.", f"http://{address.netloc}, or: {_START}") from None
    except (http.client.HTTPException, ConnectionResetError, BrokenPipeError, ValueError):
        raise CloudProblem(f"{endpoint} speaks no HTTP.", _START) from None
    except OSError:
        raise CloudProblem(f"Nothing answers at {endpoint}.", _START) from None
    if not _ANSWERS.search(answer):
        raise CloudProblem(f"{endpoint} speaks HTTP, and is no AWS endpoint.", _START)


def _address(endpoint: str) -> tuple[SplitResult, int]:
    try:
        address = urlsplit(endpoint)
        port = address.port or (443 if address.scheme == "https" else 80)
    except ValueError:
        address, port = urlsplit(""), 0
    if address.scheme not in ("http", "https") or not address.hostname or address.path.strip("/"):
        raise UsageProblem(f"{endpoint} is no endpoint.", _EXAMPLE)
    return address, port


def _ask(address: SplitResult, port: int) -> bytes:
    host = str(address.hostname)
    context = ssl.create_default_context() if address.scheme == "https" else None
    caller = http.client.HTTPConnection(host, port, timeout=PATIENCE_S)
    with contextlib.closing(caller):
        plain = socket.create_connection((host, port), timeout=PATIENCE_S)
        with _no_longer_than(plain, PATIENCE_S):
            caller.sock = context.wrap_socket(plain, server_hostname=host) if context else plain
            caller.request("POST", "/", _QUESTION, {"Content-Type": "application/x-www-form-urlencoded"})
            return caller.getresponse().read(_MOST)


@contextlib.contextmanager
def _no_longer_than(connection: socket.socket, seconds: float) -> Iterator[None]:
    """Shut a connection after so long: one that is sent a byte now and then never times out by itself.

    Raises
    ------
    TimeoutError
        It had to be shut.
    """
    late = threading.Event()

    def shut() -> None:
        late.set()
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception:
        if not late.is_set():
            raise
    finally:
        timer.cancel()
    # Cut off, an answer looks as if it had ended.
    if late.is_set():
        raise TimeoutError
