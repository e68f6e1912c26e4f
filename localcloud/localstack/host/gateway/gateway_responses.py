"""Gateway responses use the templates and headers of the API.

LocalStack answers every gateway error with {"message": ...} as `application/json`, whatever templates and headers the
API defines. AWS (API Gateway Developer Guide, "Gateway responses in API Gateway") renders the `application/json`
template of the response type, and sets the headers in `responseParameters`. This module does so; LocalStack still
chooses the response type and status.
"""

from __future__ import annotations

from typing import Any

from localcloud.localstack.host.gateway.templates import Variables, header, looked_up, quoted, render

_HEADER = "gatewayresponse.header."
_JSON = "application/json"


def apply() -> None:
    """Patch how an error becomes a response."""
    from localstack.http import Response
    from localstack.services.apigateway.next_gen.execute_api import gateway_response
    from localstack.services.apigateway.next_gen.execute_api.handlers.gateway_exception import GatewayExceptionHandler

    def answering(_handler: Any, error: Any, context: Any) -> Any:
        configured = context.deployment.rest_api.gateway_responses
        chosen = gateway_response.get_gateway_response_or_default(error.type, configured)
        context.context_variables["error"]["messageString"] = quoted(error.message)
        variables = _variables(context)
        template = (chosen.get("responseTemplates") or {}).get(_JSON)
        if error.type == "ACCESS_DENIED" and not configured.keys() & {"ACCESS_DENIED", "DEFAULT_4XX"}:
            # The only default whose member starts with a capital letter.
            template = '{"Message":$context.error.messageString}'
        headers = {"Content-Type": _JSON, "x-amzn-ErrorType": error.code}
        for name, source in (chosen.get("responseParameters") or {}).items():
            value = header(source, variables)
            if name.startswith(_HEADER) and value is not None:
                headers[name.removeprefix(_HEADER)] = value
        status = int(chosen.get("statusCode") or error.status_code or 500)
        return Response(response=render(template or "", variables), headers=headers, status=status)

    GatewayExceptionHandler.create_exception_response = answering


def _variables(context: Any) -> Variables:
    def value(name: str) -> str | None:
        place, _, rest = name.partition(".")
        if place == "context":
            return looked_up(context.context_variables, rest)
        if place == "stageVariables":
            return looked_up(context.stage_variables or {}, rest)
        return _sent(context.invocation_request, name)

    return value


def _sent(request: Any, name: str) -> str | None:
    """Return the part of the request that "method.request.header.name" and the like refer to."""
    place, _, key = name.removeprefix("method.request.").partition(".")
    found: str | None
    if place == "header":
        found = request["headers"].get(key)
    elif place == "querystring":
        found = request["query_string_parameters"].get(key)
    elif place == "path":
        found = (request.get("path_parameters") or {}).get(key)
    else:
        found = None
    return found
