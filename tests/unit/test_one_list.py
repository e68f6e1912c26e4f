"""Handlers, Terraform, permissions, triggers, API description and documentation name the same functions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.build.closure import Modules
from tools.build.sources import hashed_inputs

ROOT = Path(__file__).resolve().parents[2]
# What a mapping polls with the function's own role: a row for one of these is a function's trigger.
POLLED = frozenset({"items_stream", "notification_queue"})
CONTRACT = "api-gateway/openapi.yaml"
TRIGGERS = "security/service-permissions.yaml, triggers"
ROUTES = "security/service-permissions.yaml, REST routes"


def lists(root: Path) -> dict[str, set[str]]:
    """Return the functions' names by where each function stands."""
    terraform = [path.read_text(encoding="utf-8") for path in (root / "functions").glob("*.tf")]
    blocks = {name for text in terraform for name in re.findall(r"^    ([a-z]+(?:-[a-z]+)+) = \{$", text, re.MULTILINE)}
    return {
        "lambda_src/*/": set(Modules(str(root), hashed_inputs(str(root)), {}).handlers()),
        "functions/*.tf": blocks,
        "security/permissions.yaml": set(_yaml(root / "security" / "permissions.yaml")),
        TRIGGERS: {name for row in _service_rows(root) if _is_trigger(row) for name in row["who"]},
        "docs/functions/*.md": {path.stem for path in (root / "docs" / "functions").glob("*.md")},
    }


def routes(root: Path) -> dict[str, set[str]]:
    """Return the names of the functions behind the REST API, by where they stand."""
    contract = (root / CONTRACT).read_text(encoding="utf-8")
    named = set(re.findall(r"^ *x-function: ([a-z-]+)$", contract, re.MULTILINE))
    return {
        # Every operation but the open ones is authorized, so the contract names no authorizer.
        CONTRACT: named | {"rest-authorizer"},
        ROUTES: {name for row in _service_rows(root) if _is_rest_route(row) for name in row["who"]},
    }


def differences(root: Path) -> dict[str, set[str]]:
    """Return what each place lacks of all that its like name."""
    lacking: dict[str, set[str]] = {}
    for found in (lists(root), routes(root)):
        everything = set.union(*found.values())
        lacking |= {place: everything - names for place, names in found.items() if everything != names}
    return lacking


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _service_rows(root: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = _yaml(root / "security" / "service-permissions.yaml")
    return rows


def _is_trigger(row: dict[str, str]) -> bool:
    polled = row["how"] == "role" and row["service"] == "lambda.amazonaws.com" and row["resource"] in POLLED
    return polled or row["how"] == "invoke"


def _is_rest_route(row: dict[str, str]) -> bool:
    through_gateway = row["how"] == "invoke" and row["service"] == "apigateway.amazonaws.com"
    return through_gateway and row.get("api", "rest") == "rest"


def test_every_place_names_the_same_functions() -> None:
    assert differences(ROOT) == {}


# -- The comparison itself, on a small application with one function of each trigger

FUNCTIONS = {
    "get-item": "crud_api",
    "rest-authorizer": "authorizers",
    "image-processor": "processors",
    "data-transformer": "processors",
    "notification-sender": "processors",
    "health-checker": "scheduled",
    "websocket-message": "websocket",
}
SERVICE_ROWS = """
- {id: logs, how: role, service: lambda.amazonaws.com, who: [all], resource: own_log_group}
- {id: data, how: role, service: dynamodb.amazonaws.com, who: [get-item], resource: data_key, via: dynamodb}
- {id: key, how: key, service: logs, resource: log_key}
- {id: get, how: invoke, service: apigateway.amazonaws.com, who: [get-item], resource: "*/GET/items/*"}
- {id: asks, how: invoke, service: apigateway.amazonaws.com, who: [rest-authorizer], resource: "x/*"}
- {id: s3, how: invoke, service: s3.amazonaws.com, who: [image-processor], resource: uploads_bucket}
- {id: stream, how: role, service: lambda.amazonaws.com, who: [data-transformer], resource: items_stream}
- {id: queue, how: role, service: lambda.amazonaws.com, who: [notification-sender], resource: notification_queue}
- {id: rule, how: invoke, service: events.amazonaws.com, who: [health-checker], resource: schedule/health}
- {id: health, how: invoke, service: apigateway.amazonaws.com, api: rest, who: [health-checker], resource: "*"}
- {id: ping, how: invoke, service: apigateway.amazonaws.com, api: websocket, who: [websocket-message], resource: "*"}
"""


@pytest.fixture
def application(tmp_path: Path) -> Path:
    """A root where every place names the same functions."""
    files = {
        "functions/all.tf": "locals {\n  all = {\n"
        + "".join(f"    {name} = {{\n    }}\n" for name in FUNCTIONS)
        + "  }\n}\n",
        "security/permissions.yaml": "".join(f"{name}: []\n" for name in FUNCTIONS),
        "security/service-permissions.yaml": SERVICE_ROWS,
        CONTRACT: "".join(f"x-function: {name}\n" for name in ("get-item", "health-checker")),
    }
    for name, folder in FUNCTIONS.items():
        files[f"lambda_src/{folder}/__init__.py"] = ""
        files[f"lambda_src/{folder}/{name.replace('-', '_')}.py"] = "def handler(event, context):\n    return {}\n"
        files[f"docs/functions/{name}.md"] = f"# {name}\n"
    for file, text in files.items():
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def _edit(root: Path, file: str, old: str, new: str) -> None:
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_an_application_whose_places_agree_has_no_differences(application: Path) -> None:
    assert differences(application) == {}
    assert all(names == set(FUNCTIONS) for names in lists(application).values())


def test_a_handler_that_stands_nowhere_else_is_named(application: Path) -> None:
    handler = application / "lambda_src" / "crud_api" / "archive_item.py"
    handler.write_text("def handler(event, context):\n    return {}\n", encoding="utf-8")
    assert differences(application) == {
        place: {"archive-item"} for place in lists(application) if place != "lambda_src/*/"
    }


@pytest.mark.parametrize("place", ["functions/all.tf", "security/permissions.yaml"])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_that_is_missing_in_one_place_is_named(application: Path, place: str, function: str) -> None:
    _edit(application, place, function, "got-other")
    assert {name for names in differences(application).values() for name in names} == {function, "got-other"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_without_a_page_is_named(application: Path, function: str) -> None:
    (application / "docs" / "functions" / f"{function}.md").unlink()
    assert differences(application) == {"docs/functions/*.md": {function}}


@pytest.mark.parametrize("row", ["s3", "stream", "queue", "ping"])
def test_a_function_that_nothing_starts_is_named(application: Path, row: str) -> None:
    rows = [line for line in SERVICE_ROWS.splitlines() if line]
    kept = [line for line in rows if f"id: {row}," not in line]
    (application / "security" / "service-permissions.yaml").write_text("\n".join(kept), encoding="utf-8")
    (gone,) = set(rows) - set(kept)
    (function,) = re.findall(r"who: \[([a-z-]+)\]", gone)
    assert differences(application) == {TRIGGERS: {function}}


def test_a_role_for_something_else_is_no_trigger(application: Path) -> None:
    _edit(application, "security/service-permissions.yaml", "resource: items_stream", "resource: failure_queue")
    assert differences(application) == {TRIGGERS: {"data-transformer"}}


def test_a_route_that_no_permission_is_for_is_named(application: Path) -> None:
    _edit(application, "security/service-permissions.yaml", "api: rest, who: [health", "api: websocket, who: [health")
    assert differences(application) == {ROUTES: {"health-checker"}}


def test_a_permission_for_no_route_is_named(application: Path) -> None:
    _edit(application, CONTRACT, "health-checker", "get-item")
    assert differences(application) == {CONTRACT: {"health-checker"}}


def test_a_websocket_route_is_none_of_the_contract(application: Path) -> None:
    _edit(application, CONTRACT, "get-item", "websocket-message")
    assert differences(application) == {CONTRACT: {"get-item"}, ROUTES: {"websocket-message"}}
