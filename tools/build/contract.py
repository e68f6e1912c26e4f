"""The API description as handlers read it at run time: schemas, and which one each answer follows."""

from __future__ import annotations

import os

from tools.build.sources import CONTRACT, read_unchanged
from tools.errors import BuildProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tools.build.store import Store

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_MEDIA = ("application/json", "application/problem+json")


def render_schemas(openapi_path: str | os.PathLike[str]) -> bytes:
    """Return `web/schemas.json` as it goes into zips: the same description gives the same bytes.

    The document has `schemas`, the description's `components.schemas`, and `responses`: operation id to status to the
    answer's schema, or null for an answer without a body.

    Raises
    ------
    BuildProblem
        When the description is not YAML, or refers to a response that it does not hold.
    """
    path = os.fspath(openapi_path)
    try:
        with open(path, "rb") as file:
            content = file.read()
    except FileNotFoundError as error:
        raise BuildProblem(
            f"{path} is missing, and a handler reads its schemas.",
            "Restore api-gateway/openapi.yaml.",
        ) from error
    return _render(content, os.path.basename(path))


def schemas_of(root: str, sha256: str | None, store: Store | None) -> bytes:
    """Return the rendered schemas of the description with this digest; YAML is read only when it is new."""
    cached = store.get("schemas", sha256) if store and sha256 else None
    if cached is not None or sha256 is None:
        return cached if cached is not None else render_schemas(f"{root}/{CONTRACT}")
    rendered = _render(read_unchanged(root, CONTRACT, sha256), CONTRACT)
    if store:
        store.put("schemas", sha256, rendered)
    return rendered


def _render(content: bytes, name: str) -> bytes:
    import json

    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document = yaml.load(content, loader)  # noqa: S506 (one of the safe loaders)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}," if mark else ""
        reason = " ".join(str(getattr(error, "problem", None) or error).split())
        raise BuildProblem(f"{name}{where} is not YAML: {reason}.", "Correct the file and build again.") from error
    try:
        return json.dumps(_rendered(document), sort_keys=True, separators=(",", ":"), default=str).encode()
    except (AttributeError, TypeError, ValueError) as error:
        raise BuildProblem(
            f"{name} is YAML, and no OpenAPI description: {error}.", "Correct the file and build again."
        ) from error


def _rendered(document: Any) -> dict[str, Any]:
    components = document.get("components") or {}
    responses = {
        operation["operationId"]: {
            str(status): _schema(response, components.get("responses") or {}, operation["operationId"])
            for status, response in (operation.get("responses") or {}).items()
        }
        for item in (document.get("paths") or {}).values()
        for method, operation in item.items()
        if method in _METHODS and "operationId" in operation
    }
    return {"schemas": components.get("schemas") or {}, "responses": responses}


def _schema(response: dict[str, Any], shared: dict[str, Any], operation: str) -> Any:
    reference = response.get("$ref")
    if reference:
        name = reference.rpartition("/")[2]
        if name not in shared:
            raise BuildProblem(
                f"openapi.yaml: operation {operation} refers to the response {name}, which components does not hold.",
                "Correct the reference and build again.",
            )
        response = shared[name]
    content = response.get("content") or {}
    for media in _MEDIA:
        if media in content:
            return content[media].get("schema")
    return None
