"""The gateway says by whom, and how, it was called.

LocalStack puts the connection's address in the place of a client's own `X-Forwarded-For`, and calls the protocol
`HTTP`. API Gateway appends the address to what the client sent, and writes the protocol as URLs write it (API Gateway
Developer Guide, "Input format of a Lambda function for proxy integration"). Here both are done so.
"""

from __future__ import annotations

from typing import Any


def apply() -> None:
    """Patch what is added to a proxy integration's headers."""
    from localstack.services.apigateway.next_gen.execute_api.handlers.integration_request import (
        IntegrationRequestHandler,
    )

    IntegrationRequestHandler._set_proxy_headers = staticmethod(add)


def add(headers: Any, request: Any) -> None:
    """Add to the headers that a function is shown what the gateway knows of the connection.

    Parameters
    ----------
    headers
        The request's (werkzeug's `Headers`), which are changed.
    request
        The request as it came (werkzeug's `Request`).
    """
    forwarded = [headers.get("X-Forwarded-For"), request.remote_addr]
    headers.set("X-Forwarded-For", ", ".join(address for address in forwarded if address))
    headers.set("X-Forwarded-Port", str(request.environ.get("SERVER_PORT", "")))
    headers.set("X-Forwarded-Proto", request.scheme)
