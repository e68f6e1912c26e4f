"""What is a handler, and what Lambda could not call."""

from __future__ import annotations

import re

import pytest

from tests.unit.build.conftest import Tree
from tools.build.scan import scan
from tools.errors import BuildProblem

PLAIN = "def handler(event, context): ...\n"


@pytest.mark.parametrize(
    "source",
    [
        PLAIN,
        "def handler(*arguments): ...",
        "def handler(event, context, *, clock=None): ...",
        "@takes_all\ndef handler(event): ...",
        "async def handler(event, context): ...\nhandler = run(handler)",
        "def handler(event, context):\n    def parts():\n        yield event\n    return list(parts())",
        "def main(event, context): ...\nhandler = main",
        "handler = lambda event, context: event",
        "handler = application.resolve",
        "handler = make()",
        "handler = print",
        "handler: object = print",
        "from builtins import print as handler",
        "from domain.times import *\nhandler = now",
        "if (main := print):\n    handler = main",
        "try:\n    from domain.items import make as handler\nexcept ImportError:\n    def handler(event, context): ...",
    ],
)
def test_every_way_to_have_a_handler(tree: Tree, source: str) -> None:
    tree.write("lambda_src/crud_api/get_item.py", source)
    tree.write("lambda_src/domain/items.py", "def make(event, context): ...\n")
    assert "get-item" in tree.changes()


@pytest.mark.parametrize(
    "source", ["class A:\n    def handler(self): ...", "handler: object", "from a import handler as b", "x.handler = 1"]
)
def test_what_is_no_handler(source: str) -> None:
    assert scan(source.encode(), "crud_api/x.py")[0] is None


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("async def handler(event, context): ...", "it is an async function"),
        ("@logged\nasync def handler(event, context): ...", "it is an async function"),
        ("async def main(event, context): ...\nhandler = main", "it is an async function"),
        ("from domain.given import work as handler", "it is an async function"),
        ("from domain.given import again as handler", "it is an async function"),
        ("from domain.passed_on import work\nhandler = work", "it is an async function"),
        ("if True:\n    async def handler(event, context): ...", "it is an async function"),
        ("def handler(event, context):\n    yield event", "it is a generator"),
        ("class handler: ...", "it is a class"),
        ("class Main: ...\nhandler = Main", "it is a class"),
        ("from domain.given import Work as handler", "it is a class"),
        ("import json as handler", "it is a module"),
        ("from domain import given as handler", "it is a module"),
        ("from scripts import given as handler", "it is a module"),
        ("handler = None", "it is not a function"),
        ("handler = {'a': print}", "it is not a function"),
        ("handler = mian\ndef main(event, context): ...", "mian is not defined"),
        ("from domain.given import wrok as handler", "domain.given does not define wrok"),
        ("from domain import wrok as handler", "domain does not define wrok"),
        ("from scripts import wrok as handler", "scripts does not define wrok"),
        ("def handler(event): ...", "it does not take two arguments, event and context"),
        ("def handler(event, context, clock): ...", "it does not take two arguments, event and context"),
        ("def handler(event, context, *, clock): ...", "it does not take two arguments, event and context"),
        ("handler = lambda event: event", "it does not take two arguments, event and context"),
    ],
)
def test_a_handler_that_lambda_cannot_call_is_refused(tree: Tree, source: str, reason: str) -> None:
    tree.write("lambda_src/crud_api/get_item.py", source)
    tree.write("lambda_src/domain/given.py", "async def work(event, context): ...\nclass Work: ...\nagain = work\n")
    tree.write("lambda_src/domain/passed_on.py", "from .given import work\n")
    tree.write("lambda_src/scripts/given.py", "")
    expected = (
        rf"lambda_src/crud_api/get_item\.py, line \d: Lambda cannot call this handler, because {re.escape(reason)}\."
    )
    with pytest.raises(BuildProblem, match=expected):
        tree.build()


def test_handlers_that_import_one_another_are_not_followed_for_ever(tree: Tree) -> None:
    tree.write("lambda_src/crud_api/get_item.py", "from crud_api.create_item import handler\n")
    tree.write("lambda_src/crud_api/create_item.py", "from crud_api.get_item import handler\n")
    assert {"get-item", "create-item"} <= set(tree.changes())
