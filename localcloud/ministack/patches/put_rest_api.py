"""Import a REST API from an OpenAPI document: PutRestApi and ImportRestApi.

MiniStack answers 404 to `PUT /restapis/{id}`, and reads the body of `POST /restapis?mode=import` as a name. AWS (API
Gateway API reference, PutRestApi and ImportRestApi; Developer Guide, "OpenAPI extensions for API Gateway") replaces the
whole definition with the document (`mode=overwrite`), adds the document to it (`mode=merge`, the default), or refuses
it. The patch lets `openapi_import` translate the document into MiniStack's records, and swaps them in together.
"""

from __future__ import annotations

import json
from typing import Any

from localcloud.ministack.probing import Endpoint
from localcloud.ministack.support.openapi_import import Definition, ImportProblem, translate

EFFECT = (
    "import of an OpenAPI 3.0 document with the API Gateway extensions, all or nothing. As on AWS, `minItems` "
    "and `maxItems` are lost"
)

_STORES = {
    "resources": "_resources",
    "authorizers": "_authorizers_v1",
    "models": "_models",
    "validators": "_request_validators",
    "gateway_responses": "_gateway_responses",
}


def apply() -> None:
    """Patch the router of the control plane."""
    from ministack.services import apigateway_v1 as gateway

    handle = gateway.handle_request

    async def handling(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        parts = [part for part in path.split("/") if part]
        mode = gateway._qp(query, "mode")
        if method == "PUT" and len(parts) == 2 and parts[0] == "restapis":
            if parts[1] not in gateway._rest_apis:
                return gateway._v1_error("NotFoundException", "Invalid API identifier specified", 404)
            return _import(gateway, parts[1], body, overwrite=mode == "overwrite", created=False)
        if method == "POST" and parts == ["restapis"] and mode == "import":
            _, _, made = gateway._create_rest_api({})
            return _import(gateway, json.loads(made)["id"], body, overwrite=True, created=True)
        return await handle(method, path, headers, body, query)

    gateway.handle_request = handling


def _import(gateway: Any, api_id: str, body: bytes, *, overwrite: bool, created: bool) -> Any:
    api = gateway._rest_apis[api_id]
    old = Definition(api=api, **{name: getattr(gateway, store).get(api_id, {}) for name, store in _STORES.items()})
    try:
        new = translate(_document(body), old, overwrite=overwrite)
    except ImportProblem as problem:
        if created:
            gateway._delete_rest_api(api_id)
        return gateway._v1_error("BadRequestException", str(problem), 400)
    gateway._rest_apis[api_id] = new.api
    for name, store in _STORES.items():
        getattr(gateway, store)[api_id] = getattr(new, name)
    return gateway._v1_response(gateway._rest_api_view(new.api), 201 if created else 200)


def _document(body: bytes) -> dict[str, Any]:
    """Parse JSON or YAML."""
    import yaml

    try:
        document = yaml.safe_load(body) if body[:1] not in b"{" else json.loads(body)
    except (ValueError, yaml.YAMLError) as error:
        raise ImportProblem("Unable to parse API definition because of a malformed document") from error
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3.0"):
        raise ImportProblem("Invalid OpenAPI input: only OpenAPI 3.0 documents are imported here")
    return document


def probe(aws: Endpoint) -> bool:
    """Import an empty document."""
    gateway = aws("apigateway")
    api_id = gateway.create_rest_api(name="x")["id"]
    document = {"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": {}}
    try:
        gateway.put_rest_api(restApiId=api_id, mode="overwrite", body=json.dumps(document).encode())
    except gateway.exceptions.ClientError:
        return False
    return True
