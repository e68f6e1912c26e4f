"""Which files a build reads: those that Terraform hashes too, and a sentence for each that nobody can read."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from tests.unit.build.conftest import Tree
from tools.build.sources import hashed_inputs
from tools.errors import BuildProblem


def _refused(tree: Tree, says: str) -> None:
    with pytest.raises(BuildProblem, match=says) as refused:
        tree.build()
    assert "\n" not in refused.value.problem
    assert refused.value.fix


def _link(tree: Tree, path: str, target: str | Path) -> None:
    (tree.project.sources / path).symlink_to(target)


def test_what_editors_and_python_keep_is_not_read(tree: Tree) -> None:
    before = hashed_inputs(str(tree.project.root))
    _link(tree, "domain/.#times.py", "somebody@host.1234")
    tree.write("lambda_src/domain/.times.py", "x = 1\n")
    tree.write("lambda_src/domain/__pycache__/times.py", "x = 1\n")
    assert hashed_inputs(str(tree.project.root)) == before


def test_a_folder_may_be_named_as_a_module_is(tree: Tree) -> None:
    tree.write("lambda_src/domain/folder.py/inner.py", "X = 1\n")
    assert "lambda_src/domain/folder.py/inner.py" in hashed_inputs(str(tree.project.root))


def test_a_link_to_a_file_is_read(tree: Tree) -> None:
    real = tree.write("elsewhere.py", "X = 1\n")
    _link(tree, "domain/linked.py", real)
    assert "lambda_src/domain/linked.py" in hashed_inputs(str(tree.project.root))


def test_links_that_lead_nowhere_are_refused(tree: Tree) -> None:
    _link(tree, "domain/gone.py", "nothing.py")
    _refused(tree, r"lambda_src/domain/gone\.py is not a file that can be read")


def test_a_link_to_itself_is_refused(tree: Tree) -> None:
    _link(tree, "domain/loop.py", "loop.py")
    _refused(tree, r"lambda_src/domain/loop\.py is not a file that can be read")


def test_a_pipe_is_refused(tree: Tree) -> None:
    os.mkfifo(tree.project.sources / "domain" / "pipe.py")
    _refused(tree, r"lambda_src/domain/pipe\.py is not a file that can be read")


@pytest.mark.parametrize("target", [".", "../../elsewhere"])
def test_a_link_to_a_folder_is_refused(tree: Tree, target: str) -> None:
    (tree.project.root / "elsewhere").mkdir()
    _link(tree, "domain/more", target)
    _refused(tree, "lambda_src/domain/more is a link to a folder")


@pytest.mark.skipif(sys.platform != "linux", reason="file systems of other systems refuse such names themselves")
@pytest.mark.parametrize(
    "name", [b"gro\xcc\x88sse.py", b"gr\xf6sse.py", b"two\nlines.py", b"back\\slash.py", b"e\xcc\x81/inner.py"]
)
def test_a_name_that_terraform_cannot_read_is_refused(tree: Tree, name: bytes) -> None:
    path = tree.project.sources / "domain" / os.fsdecode(name)
    path.parent.mkdir(exist_ok=True)
    path.touch()
    _refused(tree, "is written in a way that Terraform cannot read")


def test_a_name_in_another_script_is_fine(tree: Tree) -> None:
    tree.write("lambda_src/domain/größe.py", "X = 1\n")
    tree.build()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("X = 'größe'\n".encode("latin-1"), "unicode error|codec can't decode|encoding"),
        ("X = 1\n".encode("utf-16"), "."),
        (b"X = 1\0\n", "null bytes"),
        (b"# coding: none-such\n", "encoding"),
        (b"X = " + b"(" * 5000 + b")" * 5000 + b"\n", "nested|parenthes"),
        (b"X = " + b"-" * 100_000 + b"1\n", "."),
    ],
    ids=["latin-1", "utf-16", "null byte", "unknown encoding", "nested", "deep"],
)
def test_a_file_that_is_no_python_is_one_sentence(tree: Tree, content: bytes, says: str) -> None:
    (tree.project.sources / "domain" / "times.py").write_bytes(content)
    _refused(tree, rf"lambda_src/domain/times\.py, line \d+, does not compile: .*({says})")


def test_a_contract_that_is_none_is_one_sentence(tree: Tree) -> None:
    tree.write("lambda_src/web/answers.py", "from pathlib import Path\nSCHEMAS = Path('schemas.json')\n")
    tree.write("lambda_src/crud_api/get_item.py", "from web import answers\ndef handler(event, context): ...\n")
    tree.write("api-gateway/openapi.yaml", "- a list\n")
    _refused(tree, r"openapi\.yaml is no OpenAPI document")


def test_a_file_that_cannot_be_read_is_one_sentence(tree: Tree) -> None:
    tree.write("layers/base/requirements.in", "typed\n")
    (tree.project.layers / "base" / "requirements.txt").mkdir()
    _refused(tree, re.escape("layers/base/requirements.txt cannot be read: Is a directory"))
