"""Translate an OpenAPI 3.0 document into MiniStack's records of a REST API.

Follows the API Gateway Developer Guide, "OpenAPI extensions for API Gateway" and "Amazon API Gateway important notes".
Existing records keep their ids, by path or name, so a second import changes nothing else.
"""

from __future__ import annotations

import copy
import uuid
from dataclasses import dataclass, field
from typing import Any

from localcloud.ministack.support import openapi_methods, openapi_models
from localcloud.ministack.support.openapi_problem import ImportProblem

__all__ = ["Definition", "ImportProblem", "translate"]

_Records = dict[str, dict[str, Any]]
_VERBS = ("get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method")
_EXTENSION = "x-amazon-apigateway-"
_DEFAULT_TTL_S = 300


@dataclass
class Definition:
    """Everything that a deployment captures, as MiniStack's stores hold it for one API."""

    api: dict[str, Any]
    resources: _Records = field(default_factory=dict)
    authorizers: _Records = field(default_factory=dict)
    models: _Records = field(default_factory=dict)
    validators: _Records = field(default_factory=dict)
    gateway_responses: _Records = field(default_factory=dict)


def translate(document: dict[str, Any], old: Definition, *, overwrite: bool) -> Definition:
    """Return the definition in the document; `old` is not changed.

    Raises
    ------
    ImportProblem
        API Gateway would refuse the document; the text is its own.
    """
    new = copy.deepcopy(old)
    if overwrite:
        new = Definition(api=new.api, resources={k: {**r, "resourceMethods": {}} for k, r in _roots(new).items()})
    _api(document, new.api)
    openapi_models.import_models(document, new.api["id"], new.models, old.models)
    _validators(document, new, old)
    schemes = _authorizers(document, new, old)
    _gateway_responses(document, new)
    context = openapi_methods.Context(document, new.api["id"], new.models, new.validators, schemes)
    for path, item in (document.get("paths") or {}).items():
        resource = _resource(path, new, old)
        for verb in _VERBS:
            if verb in item:
                name = "ANY" if verb.startswith("x-") else verb.upper()
                resource["resourceMethods"][name] = openapi_methods.method(
                    context, name, item[verb], shared=item.get("parameters") or [], resource=resource
                )
    context.raise_problems()
    return new


def _api(document: dict[str, Any], api: dict[str, Any]) -> None:
    info = document.get("info") or {}
    for target, value in (
        ("name", info.get("title")),
        ("description", info.get("description")),
        ("version", info.get("version")),
        ("binaryMediaTypes", document.get(_EXTENSION + "binary-media-types")),
        ("minimumCompressionSize", document.get(_EXTENSION + "minimum-compression-size")),
        ("apiKeySource", document.get(_EXTENSION + "api-key-source")),
        ("policy", document.get(_EXTENSION + "policy")),
    ):
        if value is not None:
            api[target] = value


def _validators(document: dict[str, Any], new: Definition, old: Definition) -> None:
    ids = {validator["name"]: key for key, validator in old.validators.items()}
    for name, declared in (document.get(_EXTENSION + "request-validators") or {}).items():
        key = ids.get(name) or _new_id(6)
        new.validators[key] = {
            "id": key,
            "name": name,
            "validateRequestBody": bool(declared.get("validateRequestBody")),
            "validateRequestParameters": bool(declared.get("validateRequestParameters")),
        }


def _authorizers(document: dict[str, Any], new: Definition, old: Definition) -> dict[str, dict[str, Any]]:
    """Import security schemes; return what each adds to a method that uses it."""
    ids = {authorizer["name"]: key for key, authorizer in old.authorizers.items()}
    schemes: dict[str, dict[str, Any]] = {}
    for name, scheme in ((document.get("components") or {}).get("securitySchemes") or {}).items():
        declared = scheme.get(_EXTENSION + "authorizer")
        if declared is None:
            if str(scheme.get(_EXTENSION + "authtype", "")).lower() == "awssigv4":
                schemes[name] = {"authorizationType": "AWS_IAM"}
            elif scheme.get("type") == "apiKey" and str(scheme.get("name", "")).lower() == "x-api-key":
                schemes[name] = {"apiKeyRequired": True}
            continue
        key = ids.get(name) or _new_id(8)
        new.authorizers[key] = _authorizer(key, name, scheme, declared)
        cognito = new.authorizers[key]["type"] == "COGNITO_USER_POOLS"
        schemes[name] = {"authorizationType": "COGNITO_USER_POOLS" if cognito else "CUSTOM", "authorizerId": key}
    return schemes


def _authorizer(key: str, name: str, scheme: dict[str, Any], declared: dict[str, Any]) -> dict[str, Any]:
    kind = str(declared.get("type", "")).upper()
    if kind not in {"TOKEN", "REQUEST", "COGNITO_USER_POOLS"}:
        raise ImportProblem(f"Invalid authorizer type specified for authorizer '{name}'")
    if kind != "COGNITO_USER_POOLS" and not declared.get("authorizerUri"):
        raise ImportProblem(f"Authorizer '{name}' has no authorizerUri")
    source = declared.get("identitySource") or ""
    if kind != "REQUEST":
        source = source or f"method.request.header.{scheme.get('name') or 'Authorization'}"
    ttl = declared.get("authorizerResultTtlInSeconds")
    if kind == "REQUEST" and not source and ttl != 0:
        raise ImportProblem(f"Authorizer '{name}': identity source is required when caching is enabled")
    return {
        "id": key,
        "name": name,
        "type": kind,
        "authType": scheme.get(_EXTENSION + "authtype", "custom"),
        "authorizerUri": declared.get("authorizerUri", ""),
        "authorizerCredentials": declared.get("authorizerCredentials"),
        "identitySource": source,
        "identityValidationExpression": declared.get("identityValidationExpression", ""),
        "authorizerResultTtlInSeconds": _DEFAULT_TTL_S if ttl is None else int(ttl),
        "providerARNs": declared.get("providerARNs", []),
    }


def _gateway_responses(document: dict[str, Any], new: Definition) -> None:
    from ministack.services import apigateway_v1 as gateway

    for kind, declared in (document.get(_EXTENSION + "gateway-responses") or {}).items():
        if kind not in gateway._GATEWAY_RESPONSE_TYPES:
            raise ImportProblem(f"Invalid gateway response type specified: {kind}")
        response = gateway._default_gateway_response(kind)
        response["defaultResponse"] = False
        if declared.get("statusCode") is not None:
            response["statusCode"] = str(declared["statusCode"])
        response["responseParameters"] = dict(declared.get("responseParameters") or {})
        if declared.get("responseTemplates"):
            response["responseTemplates"] = dict(declared["responseTemplates"])
        new.gateway_responses[kind] = response


def _resource(path: str, new: Definition, old: Definition) -> dict[str, Any]:
    """Return the resource of a path; create it and its parents if they are missing."""
    if not path.startswith("/"):
        raise ImportProblem(f"Invalid path specified: {path}")
    resource = next(iter(_roots(new).values()))
    ids = {record["path"]: key for key, record in old.resources.items()}
    taken = {record["path"]: record for record in new.resources.values()}
    for segment in (part for part in path.split("/") if part):
        here = resource["path"].rstrip("/") + "/" + segment
        if here not in taken:
            key = ids.get(here) or _new_id(8)
            taken[here] = new.resources[key] = {
                "id": key,
                "parentId": resource["id"],
                "pathPart": segment,
                "path": here,
                "resourceMethods": {},
            }
        resource = taken[here]
    return resource


def _roots(definition: Definition) -> _Records:
    return {key: record for key, record in definition.resources.items() if record["path"] == "/"}


def _new_id(length: int) -> str:
    return uuid.uuid4().hex[:length]
