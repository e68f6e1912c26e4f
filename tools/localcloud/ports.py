"""Ports of the local cloud: chosen once per checkout, then kept, since URLs of them stand in function environments."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from tools.errors import CloudProblem
from tools.localcloud.cloud import LOOPBACK


def is_free(port: int) -> bool:
    """Return whether a server could listen on that port of loopback now."""
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
    """Return a port that is free now."""
    with socket.socket() as server:
        server.bind((LOOPBACK, 0))
        port: int = server.getsockname()[1]
        return port


def claim(book: Path, name: str, usual: int) -> tuple[int, bool]:
    """Return the port of one part, and whether it was chosen just now.

    Parameters
    ----------
    book
        The checkout's file of ports: a JSON object, part -> port.
    name
        The part.
    usual
        The port tried first.

    Raises
    ------
    CloudProblem
        The kept port is taken by another program.
    """
    kept = _read(book).get(name)
    if kept is None:
        port = usual if is_free(usual) else any_free()
        keep(book, name, port)
        return port, True
    if not is_free(kept):
        raise CloudProblem(
            f"Port {kept} of the local cloud's {name} is taken by another program, and addresses of it stand in "
            "deployed functions.",
            f"end that program, or choose new ports: rm {book} && python -m tools deploy --env local --force",
        )
    return kept, False


def keep(book: Path, name: str, port: int) -> None:
    """Write one part's port down."""
    book.write_text(json.dumps({**_read(book), name: port}, indent=2, sort_keys=True) + "\n")


def _read(book: Path) -> dict[str, int]:
    try:
        ports: dict[str, int] = json.loads(book.read_text())
    except (OSError, ValueError):
        return {}
    return ports
