"""A request has one extended id, and the address of its connection.

LocalStack sends an `x-amz-apigw-id` that differs from the event's `extendedRequestId`, and reports 127.0.0.1 for every
caller. On AWS (API Gateway Developer Guide, "Variables for data models, authorizers, mapping templates, and CloudWatch
access logging") the two ids are the same, and `identity.sourceIp` is the address of the immediate connection. This
module uses the event's id in the header, and the connection's address in the event.
"""

from __future__ import annotations

from typing import Any


def apply() -> None:
    """Patch what is recorded of a request and what is added to its response."""
    from localstack.services.apigateway.next_gen.execute_api.handlers.parse import InvocationRequestParser
    from localstack.services.apigateway.next_gen.execute_api.handlers.response_enricher import (
        InvocationResponseEnricher,
    )

    note, enrich = InvocationRequestParser.create_context_variables, InvocationResponseEnricher.__call__

    def noting(context: Any) -> Any:
        variables = note(context)
        variables["identity"]["sourceIp"] = context.request.remote_addr or variables["identity"]["sourceIp"]
        return variables

    def enriching(handler: Any, chain: Any, context: Any, response: Any) -> None:
        enrich(handler, chain, context, response)
        response.headers.set("x-amz-apigw-id", context.context_variables["extendedRequestId"])

    InvocationRequestParser.create_context_variables = staticmethod(noting)
    InvocationResponseEnricher.__call__ = enriching
