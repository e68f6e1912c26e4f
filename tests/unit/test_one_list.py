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
CONTRACT = "api-gateway/openapi.yaml"
TRIGGERS = "api-gateway/openapi.yaml, api-gateway/**/*.tf, triggers/*.tf, schedules in functions/*.tf"


def lists(root: Path) -> dict[str, set[str]]:
    """Return the functions' names by where each function stands."""
    terraform = [path.read_text(encoding="utf-8") for path in (root / "functions").glob("*.tf")]
    blocks = {name for text in terraform for name in re.findall(r"^    ([a-z]+(?:-[a-z]+)+) = \{$", text, re.MULTILINE)}
    return {
        "lambda_src/*/": set(Modules(str(root), hashed_inputs(str(root)), {}).handlers()),
        "functions/*.tf": blocks,
        "security/permissions.yaml": set(_yaml(root / "security" / "permissions.yaml")),
        TRIGGERS: blocks & _started(root),
        "docs/functions/*.md": {path.stem for path in (root / "docs" / "functions").glob("*.md")},
    }


def differences(root: Path) -> dict[str, set[str]]:
    """Return what each place lacks of all that its like name."""
    found = lists(root)
    everything = set.union(*found.values())
    return {place: everything - names for place, names in found.items() if everything != names}


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _started(root: Path) -> set[str]:
    """Return whatever is named where functions are started; what of it is a function, the blocks say."""
    contract = (root / CONTRACT).read_text(encoding="utf-8")
    named = set(re.findall(r"^ *x-function: ([a-z-]+)$", contract, re.MULTILINE))
    for path in (*(root / "api-gateway").rglob("*.tf"), *(root / "triggers").rglob("*.tf")):
        code = re.sub(r"#[^\n]*", "", path.read_text(encoding="utf-8"))
        named |= set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', code))
        named |= set(re.findall(r"^ +([a-z]+(?:-[a-z]+)+) += \{", code, re.MULTILINE))
    for path in (root / "functions").glob("*.tf"):
        blocks = re.findall(
            r"^    ([a-z-]+) = \{\n(.*?)^    \}", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        )
        named |= {name for name, block in blocks if re.search(r"^      schedule +=", block, re.MULTILINE)}
    return named


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
    "cleanup-job": "scheduled",
    "websocket-message": "websocket",
}
BLOCKS = {"cleanup-job": '      schedule    = "rate(1 day)"\n'}
TRIGGER_FILES = {
    CONTRACT: "x-function: get-item\nx-function: health-checker\n",
    "api-gateway/body.tf": 'uri = var.functions["rest-authorizer"]\n',
    "api-gateway/websocket/main.tf": 'routes = { ping = { function = "websocket-message" } }\n',
    "triggers/s3-triggers.tf": "    image-processor = { bucket = 1 }\n",
    "triggers/dynamodb-streams.tf": 'function = "data-transformer" # not "get-other"\n',
    "triggers/sqs-queues.tf": 'consumer = "notification-sender"\n',
}


@pytest.fixture
def application(tmp_path: Path) -> Path:
    """A root where every place names the same functions."""
    files = {
        "functions/all.tf": "locals {\n  all = {\n"
        + "".join(f"    {name} = {{\n{BLOCKS.get(name, '')}    }}\n" for name in FUNCTIONS)
        + "  }\n}\n",
        "security/permissions.yaml": "".join(f"{name}: []\n" for name in FUNCTIONS),
        **TRIGGER_FILES,
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


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_that_nothing_starts_is_named(application: Path, function: str) -> None:
    if function in BLOCKS:
        _edit(application, "functions/all.tf", BLOCKS[function], "")
    else:
        [file] = [file for file, text in TRIGGER_FILES.items() if function in text]
        _edit(application, file, function, "got-other")
    assert differences(application) == {TRIGGERS: {function}}
