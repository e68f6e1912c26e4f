"""Keeps everything on this machine: one listening socket, on loopback.

LocalStack's server listens on every address whatever host `GATEWAY_LISTEN` names (its source has it as an open
question), so that anybody on the same network could call it.
"""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace


def apply(host: str = "127.0.0.1") -> None:
    """Give LocalStack's server an endpoint that is bound to one address."""
    from localstack.runtime.server import twisted
    from twisted.internet import endpoints

    twisted.endpoints = SimpleNamespace(
        TCP4ServerEndpoint=partial(endpoints.TCP4ServerEndpoint, interface=host),
        TCP6ServerEndpoint=endpoints.TCP6ServerEndpoint,
    )
