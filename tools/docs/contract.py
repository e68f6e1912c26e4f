"""The API contract as data: the one place that knows where it is and how it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from tools.errors import BuildProblem
from tools.project import Project

# OPTIONS is left out: every path answers it, for browsers alone.
_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One operation of the API.

    Parameters
    ----------
    parameters
        OpenAPI parameter objects, those of the path first; references are followed.
    body
        The schema of the request body; empty for none.
    responses
        OpenAPI response objects by status; references are followed.
    """

    method: str
    path: str
    id: str
    summary: str
    description: str = ""
    parameters: list[dict[str, Any]] = field(default_factory=list)
    body: dict[str, Any] = field(default_factory=dict)
    responses: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Contract:
    """The API.

    Parameters
    ----------
    operations
        In the contract's order.
    schemas
        JSON schemas by name. A reference to another one is left as it is.
    """

    description: str
    operations: list[Operation]
    schemas: dict[str, dict[str, Any]]


def load(project: Project) -> Contract:
    """Read the contract of a checkout.

    Raises
    ------
    BuildProblem
        It is not YAML, or lacks something that OpenAPI requires.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    name = project.contract.relative_to(project.root)
    try:
        document = yaml.load(project.contract.read_bytes(), loader)  # noqa: S506 (one of the safe loaders)
        return parse(document)
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise BuildProblem(f"{name} is not YAML: {said}.", f"correct {name}") from error
    except KeyError as error:
        raise BuildProblem(f"{name} lacks {error}.", f"correct {name}") from error


def parse(document: Mapping[str, Any]) -> Contract:
    """Return an OpenAPI 3 document as the parts that readers need."""

    def follow(node: dict[str, Any]) -> dict[str, Any]:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/") if "$ref" in node else ():
            found = found[part]
        return found if "$ref" in node else node

    operations = []
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method not in methods:
                continue
            operation = methods[method]
            body = follow(operation.get("requestBody") or {}).get("content", {})
            operations.append(
                Operation(
                    method=method.upper(),
                    path=path,
                    id=operation["operationId"],
                    summary=operation["summary"],
                    description=operation.get("description", ""),
                    parameters=[follow(p) for p in (*methods.get("parameters", ()), *operation.get("parameters", ()))],
                    body=schema_of(body) or {},
                    responses={str(status): follow(answer) for status, answer in operation["responses"].items()},
                )
            )
    return Contract(document["info"].get("description", ""), operations, document["components"]["schemas"])


def schema_of(content: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the schema in an OpenAPI `content` object, whatever its media type; None without one."""
    return next((media.get("schema") for media in content.values()), None)
