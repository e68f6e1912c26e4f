"""Ports of the local cloud: chosen once for each checkout and kept, since function environments contain their URLs."""

from __future__ import annotations

import json
import random
import socket
from pathlib import Path

from localcloud.checkout import Checkout
from localcloud.cloud import LOOPBACK
from localcloud.engines import Kind
from localcloud.errors import CloudProblem

_PAGE = "demo"
_PAGES_USUAL_PORT = 8765
_UNUSED_BY_CONNECTIONS = range(10_000, 32_000)
_TRIES = 50


def is_free(port: int) -> bool:
    """Return whether a server could listen on that loopback port now."""
    with socket.socket() as caller:
        caller.settimeout(0.2)
        if caller.connect_ex((LOOPBACK, port)) == 0:
            return False
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def any_free() -> int:
    """Return a free port that the system does not assign to outgoing connections.

    Ports that it does assign (net.ipv4.ip_local_port_range starts at 32768, on macOS at 49152) are taken by short
    connections again and again, so the local cloud could not reuse its port.
    """
    ports = random.sample(_UNUSED_BY_CONNECTIONS, _TRIES)
    for port in ports:
        if is_free(port):
            return port
    raise CloudProblem(f"None of {_TRIES} ports tried on {LOOPBACK} is free.", "end the programs that listen there")


def claim(book: Path, name: str, kind: Kind) -> tuple[int, bool]:
    """Return the port for a name, and whether it was chosen just now.

    Parameters
    ----------
    book
        The checkout's file of ports: a JSON object, name -> port.
    name
        What the port is for.
    kind
        The engine that will listen on it.

    Raises
    ------
    CloudProblem
        Another program has taken the kept port.
    """
    kept = _read(book).get(name)
    if kept is None:
        port = kind.usual_port if is_free(kind.usual_port) else any_free()
        keep(book, name, port)
        return port, True
    if not is_free(kept):
        raise CloudProblem(
            f"Port {kept} of {kind.title}'s {name} is taken by another program, and deployed functions "
            "contain its address.",
            f"end that program, or choose new ports: rm {book} && "
            f"python -m tools deploy --env {kind.environment} --force",
        )
    return kept, False


def page(project: Checkout) -> int:
    """Return the port of the demo page, chosen once: what is deployed contains its origin, for CORS."""
    book = project.private_state() / "ports.json"
    kept = _read(book).get(_PAGE)
    if kept is None:
        kept = _PAGES_USUAL_PORT if is_free(_PAGES_USUAL_PORT) else any_free()
        keep(book, _PAGE, kept)
    return kept


def keep(book: Path, name: str, port: int) -> None:
    """Store the port for a name."""
    book.write_text(json.dumps({**_read(book), name: port}, indent=2, sort_keys=True) + "\n")


def _read(book: Path) -> dict[str, int]:
    try:
        ports: dict[str, int] = json.loads(book.read_text())
    except (OSError, ValueError):
        return {}
    return ports
