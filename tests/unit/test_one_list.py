"""Handlers, Terraform, permissions and API description name the same functions."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml

from tools.build.closure import Modules
from tools.build.sources import hashed_inputs

ROOT = Path(__file__).resolve().parents[2]


def lists(root: Path) -> dict[str, set[str]]:
    """Return the functions' names by where they stand."""
    terraform = [path.read_text(encoding="utf-8") for path in (root / "functions").glob("*.tf")]
    blocks = {name for text in terraform for name in re.findall(r"^    ([a-z]+(?:-[a-z]+)+) = \{$", text, re.MULTILINE)}
    rows = yaml.safe_load((root / "security" / "service-permissions.yaml").read_text(encoding="utf-8"))
    contract = (root / "api-gateway" / "openapi.yaml").read_text(encoding="utf-8")
    named = {name.replace("_", "-") for name in re.findall(r"\$\{(\w+)_uri\}", contract)}
    return {
        "lambda_src/*/": set(Modules(str(root), hashed_inputs(str(root)), {}).handlers()),
        "functions/*.tf": blocks,
        "security/permissions.yaml": set(
            yaml.safe_load((root / "security" / "permissions.yaml").read_text(encoding="utf-8"))
        ),
        "security/service-permissions.yaml, how: invoke": {row["who"][0] for row in rows if row["how"] == "invoke"},
        # The contract calls its authorizer by what it is.
        "api-gateway/openapi.yaml": {"rest-authorizer" if name == "authorizer" else name for name in named},
    }


def differences(root: Path) -> dict[str, set[str]]:
    """Return what each place lacks of all that the others name."""
    found = lists(root)
    everything = set.union(*found.values())
    return {place: everything - names for place, names in found.items() if everything != names}


def test_every_place_names_the_same_functions() -> None:
    assert differences(ROOT) == {}


def test_a_handler_that_stands_nowhere_else_is_named(tmp_path: Path) -> None:
    for folder in ("lambda_src", "functions", "security", "api-gateway"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    handler = tmp_path / "lambda_src" / "crud_api" / "archive_item.py"
    handler.write_text("def handler(event, context):\n    return {}\n", encoding="utf-8")
    found = differences(tmp_path)
    assert all(names == {"archive-item"} for names in found.values())
    assert set(found) == set(lists(tmp_path)) - {"lambda_src/*/"}


@pytest.mark.parametrize("place", ["functions/crud-api.tf", "security/permissions.yaml", "api-gateway/openapi.yaml"])
def test_a_function_missing_in_one_place_is_named(tmp_path: Path, place: str) -> None:
    for folder in ("lambda_src", "functions", "security", "api-gateway"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    file = tmp_path / place
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("get-item", "got-item").replace("get_item_uri", "got_item_uri"), encoding="utf-8")
    assert any("get-item" in names for names in differences(tmp_path).values())
