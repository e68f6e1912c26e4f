"""docs/api.md: the REST API for those who call it, rendered from the contract."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tools.docs import contract, handlers
from tools.docs.contract import Operation
from tools.docs.handlers import Handler
from tools.errors import BuildProblem
from tools.project import Project

# A longer pattern tells a reader nothing: it is named by what it matches, or linked to.
_LONGEST_PATTERN = 40
_KNOWN = {"a UUID": "019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a10", "an RFC 3339 time in UTC": "2026-11-23T10:15:42.123Z"}
_PROBLEM = "application/problem+json"
_HEAD = """\
<!-- made by `python -m tools docs` from api-gateway/openapi.yaml, docs/api-examples.yaml and the handlers -->

# REST API

{description}

- **Address.** `python -m tools outputs` prints the URL of a deployment. In the examples it is `$URL`.
- **Token.** Send `Authorization: Bearer <token>`. `python -m tools token --sub alice` makes one for development; in the
  examples it is `$TOKEN`. A token's scopes decide what it may do; `items:admin` includes the others
  ([rest-authorizer](functions/rest-authorizer.md)).
- **API key.** Environments that list `api.clients` also require the header `X-Api-Key`.
- **Tracing a request.** Send `X-Correlation-Id` to find a request in the logs
  ([events](events.md#how-a-correlation-id-travels)).
- **Errors** are [problem documents](#problems). After a 429 or 503, wait and repeat the request.
"""


def page(project: Project) -> Path:
    """Return where the page is."""
    return project.root / "docs" / "api.md"


def examples(project: Project) -> dict[str, Any]:
    """Return the example of each schema that has one."""
    found: dict[str, Any] = yaml.safe_load((project.root / "docs" / "api-examples.yaml").read_text(encoding="utf-8"))
    return found


def render(project: Project) -> str:
    """Return the page.

    Raises
    ------
    BuildProblem
        The contract cannot be read, or no handler answers one of its operations.
    """
    described, answered, shown = contract.load(project), handlers.handlers(project), examples(project)
    requests = _recorded(project)
    for operation in described.operations:
        if operation.id not in answered:
            raise BuildProblem(
                f"No handler in lambda_src/ answers the operation {operation.id}.",
                f'write one with OPERATION = Operation("{operation.id}", ...)',
            )
    lines = [_HEAD.format(description=described.description), "## Operations", ""]
    lines += _table(
        ("operation", "", "scope"),
        [
            (f"`{o.method} {o.path}`", f"[{o.summary}](#{anchor(o.summary)})", _short_scope(answered[o.id]))
            for o in described.operations
        ],
    )
    for operation in described.operations:
        request = requests.get((operation.method, operation.path))
        lines += _operation(operation, answered[operation.id], request)
    lines += ["## Schemas", ""]
    reachable = _reachable(described.operations, described.schemas)
    for name, schema in described.schemas.items():
        if name in reachable:
            lines += _schema(name, schema, shown.get(name))
    lines += _problems(project)
    return "\n".join(lines).rstrip() + "\n"


def _operation(operation: Operation, handler: Handler, request: Mapping[str, Any] | None) -> Iterator[str]:
    yield from (f"### {operation.summary}", "", f"`{operation.method} {operation.path}`", "")
    if operation.description:
        yield from (operation.description, "")
    yield f"Scope: {_scope(handler)} Function: [{handler.function}](functions/{handler.function}.md)."
    yield ""
    if operation.parameters:
        rows = [
            (
                f"`{p['name']}`",
                p["in"] + (", required" if p.get("required") else ""),
                _rules(p["schema"]),
                p.get("description", ""),
            )
            for p in operation.parameters
        ]
        yield from _table(("parameter", "in", "value", ""), rows)
    if operation.body:
        yield from (f"Body: {_rules(operation.body)}.", "")
    if request:
        yield from ("```sh", _curl(operation, request, token=bool(handler.scope)), "```", "")
    yield from _answers(operation)


def _answers(operation: Operation) -> Iterator[str]:
    rows, problems = [], []
    for status, answer in operation.responses.items():
        content = answer.get("content", {})
        if _PROBLEM in content:
            problems.append(status)
            continue
        schema = contract.schema_of(content)
        headers = ", ".join(f"`{name}`" for name in answer.get("headers", {}))
        rows.append((status, answer["description"], _rules(schema) if schema else "", headers))
    if problems:
        rows.append((", ".join(problems), "See [Problems](#problems).", "[Problem](#problem)", ""))
    yield from _table(("status", "", "body", "headers"), rows)


def _problems(project: Project) -> Iterator[str]:
    yield from ("## Problems", "")
    yield "Every error is a [Problem](#problem) (RFC 9457). Use `type` to tell apart errors that share a status. It is"
    yield "`about:blank` where the status says enough, and in what API Gateway answers without calling a function."
    yield "`requestId` finds the request in the logs."
    yield ""
    kinds = handlers.problem_types(project)
    yield from _table(
        ("status", "`type`", "`detail`"),
        [(f"{p.status} {handlers.title(p.status)}", f"`/problems/{p.kind}`", p.detail) for p in kinds],
    )


def _schema(name: str, schema: Mapping[str, Any], example: object) -> Iterator[str]:
    yield from (f"### {name}", "")
    if "description" in schema:
        yield from (schema["description"], "")
    rows = list(_properties(schema))
    if rows:
        yield from _table(("property", "", "value", ""), rows)
    if example is not None:
        yield from ("```json", json.dumps(example, indent=2, ensure_ascii=False), "```", "")


def _properties(schema: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str, str, str]]:
    """Yield a row per property; those of nested objects follow theirs, as `sizes[].name`."""
    for name, value in schema.get("properties", {}).items():
        required = "required" if name in schema.get("required", ()) else ""
        yield f"`{above}{name}`", required, _rules(value), value.get("description", "")
        nested, mark = (value["items"], "[]") if "items" in value else (value, "")
        yield from _properties(nested, f"{above}{name}{mark}.")


def _rules(schema: Mapping[str, Any]) -> str:
    """Return what a value has to be, in words."""
    if "$ref" in schema:
        return f"[{_name(schema)}](#{anchor(_name(schema))})"
    words = [schema.get("type", "any")]
    if "enum" in schema:
        words = ["one of " + ", ".join(f"`{value}`" for value in schema["enum"])]
    words += _range(schema, "minimum", "maximum")
    if schema.get("minLength") == 1 and "maxLength" not in schema:
        words.append("not empty")
    else:
        words += _range(schema, "minLength", "maxLength", " characters")
    if "pattern" in schema:
        words.append(_pattern(schema["pattern"]))
    if "default" in schema:
        words.append(f"{schema['default']} by default")
    if "items" in schema:
        size = _range(schema, "minItems", "maxItems") + (["no duplicates"] if schema.get("uniqueItems") else [])
        words[0] += (f" ({', '.join(size)})" if size else "") + f" of {_rules(schema['items'])}"
    return ", ".join(words)


def _range(schema: Mapping[str, Any], least: str, most: str, unit: str = "") -> list[str]:
    low, high = schema.get(least), schema.get(most)
    if low is None and high is None:
        return []
    if high is None:
        return [f"at least {low}{unit}"]
    if low is None:
        return [f"at most {high}{unit}"]
    return [f"{low}{unit}" if low == high else f"{low} to {high}{unit}"]


def _pattern(pattern: str) -> str:
    if len(pattern) <= _LONGEST_PATTERN:
        return f"`{pattern}`"
    known = (name for name, sample in _KNOWN.items() if re.search(pattern, sample))
    return next(known, "[a pattern](../api-gateway/openapi.yaml)")


def _scope(handler: Handler) -> str:
    if not handler.scope:
        return "none, no token is needed."
    if handler.anonymous:
        return f"`{handler.scope}`; no token is needed where the environment sets `api.anonymous_reads`."
    return f"`{handler.scope}`."


def _short_scope(handler: Handler) -> str:
    return f"`{handler.scope}`" if handler.scope else "none"


def _recorded(project: Project) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the recorded requests by method and path; an authorizer's are not requests to an operation."""
    events = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(project.events.glob("*.json")))
    return {(e["httpMethod"], e["resource"]): e for e in events if {"httpMethod", "body"} <= e.keys()}


def _curl(operation: Operation, request: Mapping[str, Any], *, token: bool) -> str:
    query = "&".join(f"{name}={value}" for name, value in (request["queryStringParameters"] or {}).items())
    words = ["curl -s"]
    if operation.method != "GET":
        words.append(f"-X {operation.method}")
    words.append(f'"$URL{request["path"]}{"?" if query else ""}{query}"')
    if token:
        words.append('-H "Authorization: Bearer $TOKEN"')
    if request["body"]:
        body = request["body"].replace("'", "'\\''")
        words.append(f"-H 'Content-Type: application/json' -d '{body}'")
    return " ".join(words)


def _reachable(operations: Iterable[Operation], schemas: Mapping[str, Any]) -> set[str]:
    """Return the names of the schemas that operations use, and those that these refer to."""
    used: set[str] = set()
    waiting = [json.dumps([o.body, o.responses]) for o in operations]
    while waiting:
        for name in set(re.findall(r'"#/components/schemas/(\w+)"', waiting.pop())) - used:
            used.add(name)
            waiting.append(json.dumps(schemas[name]))
    return used


def _name(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def anchor(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Return a Markdown table and an empty line; a last column that is empty throughout is left out."""
    rows = list(rows)
    if not any(row[-1] for row in rows):
        head, rows = head[:-1], [row[:-1] for row in rows]
    cells = [tuple(" ".join(cell.split()).replace("|", "\\|") for cell in row) for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in (head, *cells)]
    return [lines[0], f"|{'---|' * len(head)}", *lines[1:], ""]
