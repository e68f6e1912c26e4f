"""Methods and integrations of an imported API."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from localcloud.ministack.support import openapi_models
from localcloud.ministack.support.openapi_problem import ImportProblem

_EXTENSION = "x-amazon-apigateway-"
_LOCAL_SCHEMA = "#/components/schemas/"
_PLACES = {"query": "querystring", "header": "header", "path": "path"}
_TYPES = {"AWS_PROXY", "AWS", "HTTP_PROXY", "HTTP", "MOCK"}


@dataclass
class Context:
    """What methods may refer to, and the problems found so far."""

    document: dict[str, Any]
    api_id: str
    models: dict[str, dict[str, Any]]
    validators: dict[str, dict[str, Any]]
    schemes: dict[str, dict[str, Any]]
    problems: list[str] = field(default_factory=list)

    def raise_problems(self) -> None:
        """Raise `ImportProblem` if any method had problems."""
        if self.problems:
            raise ImportProblem("Errors found during import:\n\t" + "\n\t".join(self.problems))

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        """Follow a reference to the document's components."""
        while "$ref" in node:
            target: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target.get(part) if isinstance(target, dict) else None
            if not isinstance(target, dict):
                raise ImportProblem(f"Unable to resolve reference: {node['$ref']}")
            node = target
        return node


def method(
    context: Context, verb: str, operation: dict[str, Any], *, shared: list[Any], resource: dict[str, Any]
) -> dict[str, Any]:
    """Return the record of an operation with its integration; `shared` are the parameters of its path."""
    where = f"'{verb}' on resource path '{resource['path']}'"
    record = {
        "httpMethod": verb,
        "authorizationType": "NONE",
        "authorizerId": None,
        "authorizationScopes": [],
        "apiKeyRequired": False,
        "operationName": operation.get("operationId", ""),
        "requestParameters": _parameters(context, [*shared, *(operation.get("parameters") or [])]),
        "requestModels": _request_models(context, operation),
        "requestValidatorId": _validator(context, operation),
        "methodResponses": _responses(context, operation),
        "methodIntegration": None,
        **_security(context, operation),
    }
    declared = operation.get(_EXTENSION + "integration")
    if declared is not None:
        record["methodIntegration"] = _integration(context, where, declared, resource["id"])
        _check_integration_responses(context, where, record)
    return record


def _parameters(context: Context, declared: list[Any]) -> dict[str, bool]:
    parameters = {}
    for entry in declared:
        parameter = context.resolve(entry)
        place = _PLACES.get(parameter.get("in", ""))
        if place:
            parameters[f"method.request.{place}.{parameter['name']}"] = bool(parameter.get("required"))
    return parameters


def _request_models(context: Context, operation: dict[str, Any]) -> dict[str, str]:
    body = operation.get("requestBody")
    return _models_of(context, context.resolve(body)) if body else {}


def _models_of(context: Context, holder: dict[str, Any]) -> dict[str, str]:
    """Return content type -> model name of a request body or a response."""
    models = {}
    for media_type, content in (holder.get("content") or {}).items():
        schema = (content or {}).get("schema")
        if schema is None:
            continue
        name = schema.get("$ref", "").removeprefix(_LOCAL_SCHEMA)
        if name and name not in context.models:
            raise ImportProblem(f"Invalid model reference: {schema['$ref']}")
        models[media_type] = name or openapi_models.inline_model(
            schema, context.document, context.api_id, context.models
        )
    return models


def _validator(context: Context, operation: dict[str, Any]) -> str | None:
    key = _EXTENSION + "request-validator"
    name = operation.get(key, context.document.get(key))
    if not name:
        return None
    for validator_id, validator in context.validators.items():
        if validator["name"] == name:
            return validator_id
    raise ImportProblem(f"Invalid request validator specified: {name}")


def _security(context: Context, operation: dict[str, Any]) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    for requirement in operation.get("security", context.document.get("security")) or []:
        for name, scopes in requirement.items():
            scheme = context.schemes.get(name, {})
            if "authorizationType" in scheme and "authorizationType" in asked:
                continue
            asked.update(scheme)
            if scopes and "authorizationType" in scheme:
                asked["authorizationScopes"] = list(scopes)
    return asked


def _responses(context: Context, operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    responses = {}
    for code, entry in (operation.get("responses") or {}).items():
        if not str(code).isdigit():
            continue
        response = context.resolve(entry)
        responses[str(code)] = {
            "statusCode": str(code),
            "responseParameters": {f"method.response.header.{name}": False for name in response.get("headers") or {}},
            "responseModels": _models_of(context, response),
        }
    return responses


def _integration(context: Context, where: str, declared: dict[str, Any], resource_id: str) -> dict[str, Any]:
    kind = str(declared.get("type", "")).upper()
    if kind not in _TYPES:
        raise ImportProblem(f"Unable to put integration for method {where}: Invalid integration type")
    if kind != "MOCK" and not declared.get("uri"):
        raise ImportProblem(f"Unable to put integration for method {where}: Integration URI is required")
    if kind.startswith("AWS") and declared.get("httpMethod") != "POST" and ":lambda:" in declared["uri"]:
        context.problems.append(f"The Lambda integration of method {where} must have the httpMethod POST")
    return {
        "type": kind,
        "httpMethod": declared.get("httpMethod"),
        "uri": declared.get("uri", ""),
        "connectionType": declared.get("connectionType", "INTERNET"),
        "credentials": declared.get("credentials"),
        "requestParameters": dict(declared.get("requestParameters") or {}),
        "requestTemplates": dict(declared.get("requestTemplates") or {}),
        "passthroughBehavior": str(declared.get("passthroughBehavior", "when_no_match")).upper(),
        "timeoutInMillis": declared.get("timeoutInMillis", 29000),
        "cacheNamespace": declared.get("cacheNamespace") or resource_id,
        "cacheKeyParameters": list(declared.get("cacheKeyParameters") or []),
        "contentHandling": declared.get("contentHandling"),
        "integrationResponses": _integration_responses(declared),
    }


def _integration_responses(declared: dict[str, Any]) -> dict[str, dict[str, Any]]:
    responses = {}
    for pattern, response in (declared.get("responses") or {}).items():
        code = str(response.get("statusCode", "200"))
        responses[code] = {
            "statusCode": code,
            "selectionPattern": "" if pattern == "default" else str(pattern),
            "responseParameters": dict(response.get("responseParameters") or {}),
            "responseTemplates": dict(response.get("responseTemplates") or {}),
            "contentHandling": response.get("contentHandling"),
        }
    return responses


def _check_integration_responses(context: Context, where: str, record: dict[str, Any]) -> None:
    """Check integration responses against method responses, as API Gateway does on import."""
    for code, response in record["methodIntegration"]["integrationResponses"].items():
        wrong = (
            f"Unable to put integration response on '{response['selectionPattern'] or 'default'}' for method {where}"
        )
        declared = record["methodResponses"].get(code)
        if declared is None:
            context.problems.append(f"{wrong}: No method response exists for method.")
            continue
        for name in response["responseParameters"]:
            if name not in declared["responseParameters"]:
                context.problems.append(f"{wrong}: Invalid mapping expression parameter specified: {name}")
