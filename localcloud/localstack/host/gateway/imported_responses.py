"""Gateway responses of an OpenAPI document are imported.

LocalStack's import ignores `x-amazon-apigateway-gateway-responses`. AWS (API Gateway Developer Guide,
"x-amazon-apigateway-gateway-responses object") imports them with everything else: in mode `overwrite` they replace
those of the API, in mode `merge` they are added. This module stores them where PutGatewayResponse does.
"""

from __future__ import annotations

from typing import Any

EXTENSION = "x-amazon-apigateway-gateway-responses"


def apply() -> None:
    """Patch the import, for CreateRestApi with a body and for PutRestApi."""
    from localstack.services.apigateway.helpers import get_apigateway_store
    from localstack.services.apigateway.legacy import provider
    from localstack.services.apigateway.next_gen.execute_api.gateway_response import build_gateway_response

    importing = provider.import_api_from_openapi_spec

    def imported(rest_api: Any, context: Any, open_api_spec: dict[str, Any], mode: Any) -> Any:
        result = importing(rest_api, context=context, open_api_spec=open_api_spec, mode=mode)
        kept = get_apigateway_store(context=context).rest_apis[rest_api.id].gateway_responses
        if mode == "overwrite":
            kept.clear()
        for response_type, response in (open_api_spec.get(EXTENSION) or {}).items():
            status = response.get("statusCode")
            kept[response_type] = build_gateway_response(
                response_type,
                status_code=None if status is None else str(status),
                response_parameters=response.get("responseParameters"),
                response_templates=response.get("responseTemplates"),
                default_response=False,
            )
        return result

    provider.import_api_from_openapi_spec = imported
