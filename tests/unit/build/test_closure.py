"""A zip holds its handler and exactly what it imports; what cannot work on Lambda is refused by name."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.unit.build.conftest import Tree
from tools.build.closure import Modules
from tools.build.sources import hashed_inputs
from tools.errors import BuildProblem

LOCK = "typed==1.0 \\\n    --hash=sha256:00\n"


def test_a_handler_with_its_lazy_and_relative_imports(tree: Tree) -> None:
    tree.build()

    assert tree.names("create-item") == [
        "crud_api/__init__.py",
        "crud_api/create_item.py",
        "domain/__init__.py",
        "domain/items.py",
        "domain/times.py",
        "storage/__init__.py",
        "storage/writer.py",
    ]


def test_from_package_import_submodule(tree: Tree) -> None:
    tree.build()

    assert "domain/items.py" in tree.names("get-item")
    assert "storage/writer.py" not in tree.names("get-item")


def test_only_public_modules_with_a_handler_in_a_group_are_functions(tree: Tree) -> None:
    assert {one.name for one in tree.build().artefacts} == {"create-item", "get-item", "cleanup-job"}


def test_type_checking_imports_do_not_count(tree: Tree) -> None:
    source = (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import mypy_boto3\n"
        "    from domain.unused import UNUSED\n"
        "else:\n    from domain import times\n\n\ndef handler(event, context):\n    return times\n"
    )
    tree.write("lambda_src/scheduled/cleanup_job.py", source)

    tree.build()

    assert tree.names("cleanup-job") == ["domain/__init__.py", "domain/times.py", "scheduled/cleanup_job.py"]


def test_an_import_of_nothing_known_is_refused_by_file_and_line(tree: Tree) -> None:
    tree.write("lambda_src/domain/times.py", "import json\nimport reqwests\n")

    with pytest.raises(
        BuildProblem, match=re.escape("lambda_src/domain/times.py, line 2, imports reqwests")
    ) as refused:
        tree.build()
    assert "make lock" in refused.value.fix


def test_a_module_gone_from_the_runtime_is_refused(tree: Tree) -> None:
    tree.write("lambda_src/domain/times.py", "import cgi\n")

    with pytest.raises(BuildProblem, match=r"imports cgi, which Python 3\.13 no longer has"):
        tree.build()


@pytest.mark.parametrize("source", ["from domain.nope import x", "import domain.nope", "from ...above import x"])
def test_a_first_party_module_that_does_not_exist_is_refused(tree: Tree, source: str) -> None:
    tree.write("lambda_src/domain/times.py", f"{source}\n")

    with pytest.raises(BuildProblem, match=r"lambda_src/domain/times\.py, line 1, imports .*lambda_src does not hold"):
        tree.build()


@pytest.mark.parametrize("name", ["http", "email", "boto3", "cgi"])
def test_a_package_named_like_a_standard_or_runtime_module_is_refused(tree: Tree, name: str) -> None:
    tree.write(f"lambda_src/{name}/__init__.py", "")

    with pytest.raises(BuildProblem, match=f"lambda_src/{name} bears the name of"):
        tree.build()


def test_a_package_named_like_a_layers_module_is_refused(tree: Tree, installed: SimpleNamespace) -> None:
    tree.lock("base", "typed\n", LOCK)
    tree.write("lambda_src/typed/__init__.py", "")

    with pytest.raises(BuildProblem, match="lambda_src/typed bears the name of the layer's module"):
        tree.build()


def test_a_handler_that_does_not_compile_is_refused_by_line(tree: Tree) -> None:
    tree.write("lambda_src/crud_api/get_item.py", "def handler(event, context):\n    return (\n")

    with pytest.raises(BuildProblem, match=r"lambda_src/crud_api/get_item\.py, line 2, does not compile"):
        tree.build()


def test_two_functions_of_one_name_are_refused(tree: Tree) -> None:
    tree.write("lambda_src/scheduled/get_item.py", "def handler(event, context): ...\n")

    with pytest.raises(BuildProblem, match="both the function get-item"):
        tree.build()


def test_a_function_gets_the_layers_that_it_imports(tree: Tree, installed: SimpleNamespace) -> None:
    tree.lock("base", "typed\n", LOCK)
    tree.write("lambda_src/domain/times.py", "def now():\n    import typed\n\n    return typed\n")

    tree.build()

    functions = json.loads(tree.project.manifest.read_text())["functions"]
    assert {name: one["layers"] for name, one in functions.items()} == {
        "create-item": ["base"],
        "get-item": ["base"],
        "cleanup-job": [],
    }


def test_only_what_makes_images_needs_their_library() -> None:
    """The layer with it is the largest but one, and every cold start would pay for it."""
    root = str(Path(__file__).resolve().parents[3])
    modules = Modules(root, hashed_inputs(root), {})
    needing = {name for name, handler in modules.handlers().items() if "PIL" in modules.closure(handler).third_party}
    assert needing == {"image-processor"}
