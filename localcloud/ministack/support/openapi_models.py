"""Models of an imported API: the document's schemas, as API Gateway stores them."""

from __future__ import annotations

import copy
import hashlib
import json
import re
import uuid
from typing import Any

from localcloud.ministack.support.openapi_problem import ImportProblem

_Records = dict[str, dict[str, Any]]
_LOCAL = "#/components/schemas/"
_DROPPED = ("maxItems", "minItems")


def import_models(document: dict[str, Any], api_id: str, models: _Records, old: _Records) -> None:
    """Create one model for each schema in `components.schemas`."""
    schemas = (document.get("components") or {}).get("schemas") or {}
    for name, schema in schemas.items():
        if not re.fullmatch(r"[A-Za-z0-9]+", name):
            raise ImportProblem(f"Model name must be alphanumeric: {name}")
        models[name] = _model(name, schema, api_id, schemas, old)


def inline_model(schema: dict[str, Any], document: dict[str, Any], api_id: str, models: _Records) -> str:
    """Return the name of a model for an inline schema; equal schemas share one."""
    digest = hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()[:6]
    name = f"MODEL{digest}"
    schemas = (document.get("components") or {}).get("schemas") or {}
    models.setdefault(name, _model(name, schema, api_id, schemas, models))
    return name


def _model(name: str, schema: Any, api_id: str, schemas: dict[str, Any], old: _Records) -> dict[str, Any]:
    rewritten = _rewrite(copy.deepcopy(schema), f"https://apigateway.amazonaws.com/restapis/{api_id}/models/", schemas)
    return {
        "id": old.get(name, {}).get("id") or uuid.uuid4().hex[:8],
        "name": name,
        "description": schema.get("description", "") if isinstance(schema, dict) else "",
        "schema": json.dumps(rewritten),
        "contentType": "application/json",
    }


def _rewrite(node: Any, base: str, schemas: dict[str, Any], *, names: bool = False) -> Any:
    """Return a schema that refers to models, without the keywords that an import drops.

    "The maxItems and minItems tags are not included in simple request validation" (API Gateway Developer Guide,
    "Amazon API Gateway important notes"): a handler has to check them itself.

    Parameters
    ----------
    names
        The keys of `node` are property names, not keywords.
    """
    if isinstance(node, list):
        return [_rewrite(item, base, schemas) for item in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str) and not names:
        target = reference.removeprefix(_LOCAL)
        if target == reference or target.partition("/")[0] not in schemas:
            raise ImportProblem(f"Invalid model reference: {reference}")
        model, _, inside = target.partition("/")
        return {"$ref": base + model + (f"#/{inside}" if inside else "")}
    return {
        key: _rewrite(value, base, schemas, names=not names and key in ("properties", "patternProperties"))
        if key not in ("enum", "default", "example")
        else value
        for key, value in node.items()
        if names or key not in _DROPPED
    }
