"""Forwarding headers name the caller's address and the protocol.

LocalStack replaces a client's own `X-Forwarded-For` with the connection's address, and calls the protocol `HTTP`. API
Gateway appends the address to what the client sent, and writes the protocol as in URLs (API Gateway Developer Guide,
"Input format of a Lambda function for proxy integration"). This module does the same.
"""

from __future__ import annotations

from typing import Any


def apply() -> None:
    """Patch the headers that are added for a proxy integration."""
    from localstack.services.apigateway.next_gen.execute_api.handlers.integration_request import (
        IntegrationRequestHandler,
    )

    IntegrationRequestHandler._set_proxy_headers = staticmethod(add)


def add(headers: Any, request: Any) -> None:
    """Add what the gateway knows about the connection to the headers in the function's event.

    Parameters
    ----------
    headers
        The request's headers (werkzeug's `Headers`), which are changed.
    request
        The original request (werkzeug's `Request`).
    """
    forwarded = [headers.get("X-Forwarded-For"), request.remote_addr]
    headers.set("X-Forwarded-For", ", ".join(address for address in forwarded if address))
    headers.set("X-Forwarded-Port", str(request.environ.get("SERVER_PORT", "")))
    headers.set("X-Forwarded-Proto", request.scheme)
