"""Every listing is read to its end: by `tools.access.listing`, which alone knows of pages."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import UnknownServiceError

from tools.access.listing import _BY_HAND, everything

ROOT = Path(__file__).resolve().parents[2]
TOKENS = {"NextToken", "nextToken", "NextMarker", "Marker", "position", "ContinuationToken"}
REVIEWED = {
    ("tests/unit/functions/test_cleanup_job.py", "list_objects_v2"): "a stand-in that hands the call on",
    ("tests/unit/functions/test_report_generator.py", "scan"): "a stand-in that makes pages of one item",
    ("tests/localcloud/test_whole_listings.py", "list_functions"): "shows what one page is",
    ("tools/deployment/recovery/kinds.py", "get_group"): "X-Ray's, which is one group",
}
"""Uses that read one page on purpose, by file and operation, with the reason."""


@cache
def _sources() -> list[tuple[Path, list[ast.AST]]]:
    """Return all nodes of each file."""
    paths = [path for folder in ("tools", "tests") for path in sorted((ROOT / folder).rglob("*.py"))]
    return [(path, list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))) for path in paths]


@cache
def _paged() -> dict[str, bool]:
    """Return the methods of boto3 clients that page, and whether botocore has a paginator for each.

    Looked for in the services whose names are passed to anything, as to what makes a client.
    """
    loader = botocore.session.get_session().get_component("data_loader")
    services = set(loader.list_available_services("service-2"))
    used = {
        argument.value
        for _, nodes in _sources()
        for node in nodes
        if isinstance(node, ast.Call) and len(node.args) in {1, 2}
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value in services
    }
    assert {"lambda", "apigateway", "wafv2", "logs"} <= used
    found: dict[str, bool] = {}
    for service in used:
        try:
            paginators = loader.load_service_model(service, "paginators-1")["pagination"]
        except UnknownServiceError:
            paginators = {}
        model = loader.load_service_model(service, "service-2")
        for name, operation in model["operations"].items():
            method = xform_name(name)
            if name in paginators:
                found.setdefault(method, True)
            elif name.startswith(("List", "Describe")) and _has_token(model, operation):
                found[method] = False
    return found


def _has_token(model: dict[str, Any], operation: dict[str, Any]) -> bool:
    both = [set(model["shapes"][operation[way]["shape"]]["members"]) for way in ("input", "output") if way in operation]
    return len(both) == 2 and bool(both[0] & both[1] & TOKENS)


def _bare() -> set[tuple[str, str]]:
    """Return the file and the operation of every use of a paged operation that is not by `everything`."""
    found, paged = set(), {*_paged(), "get_paginator"}
    for path, nodes in _sources():
        if path == ROOT / "tools" / "access" / "listing.py":
            continue
        keywords = {
            node.func: {keyword.arg for keyword in node.keywords}
            for node in nodes
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        for node in nodes:
            if not isinstance(node, ast.Attribute) or node.attr not in paged:
                continue
            # A URL has a query, too; a table's names the table, or has it in what is unpacked.
            if node.attr in {"query", "scan"} and not keywords.get(node, set()) & {"TableName", None}:
                continue
            found.add((str(path.relative_to(ROOT)), node.attr))
    return found


def test_no_listing_is_read_but_by_the_helper() -> None:
    assert _bare() - set(REVIEWED) == set()
    assert set(REVIEWED) - _bare() == set(), "these need no review any more"


def test_a_listing_without_a_paginator_is_known_by_hand() -> None:
    """What botocore learns to page needs no line of ours."""
    assert {name for name in _BY_HAND if _paged().get(name)} == set()
    asked = {
        node.args[1].value
        for _, nodes in _sources()
        for node in nodes
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "everything"
        and len(node.args) > 1
        and isinstance(node.args[1], ast.Constant)
    }
    assert {name for name in asked if not _paged()[str(name)] and name not in _BY_HAND} == set()


class _Pages:
    """A client whose listing has the given pages."""

    def __init__(self, *pages: dict[str, Any]) -> None:
        self._pages = list(pages)
        self.asked: list[dict[str, Any]] = []

    def list_archives(self, **arguments: Any) -> dict[str, Any]:
        self.asked.append(arguments)
        return self._pages.pop(0)


def test_pages_are_followed_by_hand() -> None:
    client = _Pages({"Archives": [1, 2], "NextToken": "a"}, {"NextToken": "b"}, {"Archives": [3]})
    assert everything(client, "list_archives", NamePrefix="x") == [1, 2, 3]
    assert [asked.get("NextToken") for asked in client.asked] == [None, "a", "b"]
    assert all(asked["NamePrefix"] == "x" for asked in client.asked)


def test_a_listing_without_an_end_is_an_error() -> None:
    client = _Pages(*[{"Archives": [1], "NextToken": "a"}] * 3)
    with pytest.raises(ValueError, match="list_archives comes to no end"):
        everything(client, "list_archives")
