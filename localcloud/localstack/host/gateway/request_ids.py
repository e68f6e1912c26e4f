"""A request has one extended id, and its address is the connection's.

LocalStack sends an `x-amz-apigw-id` that is not the `extendedRequestId` of the event, and says 127.0.0.1 whoever calls.
On AWS (API Gateway Developer Guide, "Variables for data models, authorizers, mapping templates, and CloudWatch access
logging") they are one, and `identity.sourceIp` is the address of the immediate connection. Here the header takes the
event's id, and the event the connection's address.
"""

from __future__ import annotations

from typing import Any


def apply() -> None:
    """Patch what is noted of a request and what is added to its answer."""
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
