"""A request body reaches the integration byte for byte.

LocalStack parses a body of type `application/x-www-form-urlencoded` or `multipart/form-data` and writes it again:
`hello` becomes `hello=`. AWS (API Gateway Developer Guide, "Input format of a Lambda function for proxy integration")
passes the body on as sent. This module reads the body before anything parses it as a form.
"""

from __future__ import annotations

from typing import Any


def apply() -> None:
    """Patch how the gateway reads a request body."""
    from localstack.services.apigateway.next_gen.execute_api.handlers import parse

    def raw(request: Any) -> bytes:
        body: bytes = request.get_data(cache=True, parse_form_data=False)
        return body

    parse.restore_payload = raw
