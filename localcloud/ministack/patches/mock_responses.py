"""A MOCK integration renders its response template, and sends an empty body when it has none.

MiniStack sends a MOCK's response template unrendered, and `{}` where there is none, even with 204. On AWS (API Gateway
Developer Guide, "Set up mock integrations in API Gateway") the template is a mapping template, and without one the body
is empty. The patch applies MiniStack's own renderer.
"""

from __future__ import annotations

from typing import Any

from localcloud.ministack.patches import rest_requests
from localcloud.ministack.probing import Endpoint

EFFECT = "rendered MOCK templates, empty bodies"


def apply() -> None:
    """Patch the MOCK integration."""
    from ministack.services import apigateway_v1 as gateway

    invoke = gateway._invoke_mock_v1

    def invoking(integration: dict[str, Any]) -> Any:
        status, headers, body = invoke(integration)
        templates = [response["responseTemplates"] for response in integration["integrationResponses"].values()]
        if body == b"{}" and not any(template.get("application/json") == "{}" for template in templates):
            return status, headers, b""
        context = rest_requests.context()
        return status, headers, gateway._render_request_template_v1(body.decode(), "", {}, context).encode()

    gateway._invoke_mock_v1 = invoking


def probe(aws: Endpoint) -> bool:
    """Call an integration with a response template, and one without."""
    template = {"responseTemplates": {"application/json": "$context.requestId"}}
    request = {"application/json": '{"statusCode": 204}'}
    rendered = aws.api(integration={"type": "MOCK"}, responses={"200": template}).call()
    empty = aws.api(integration={"type": "MOCK", "requestTemplates": request}, responses={"204": {}}).call()
    return bool(
        rendered.body.decode() == rendered.headers["x-amzn-requestid"] and empty.headers["content-length"] == "0"
    )
