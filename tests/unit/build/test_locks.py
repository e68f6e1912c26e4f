"""A layer's lock and what it was made for: whatever may change the result makes it stale, without a network."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.unit.build.conftest import Tree
from tools.build.lock import made_for, wanted_lines
from tools.errors import BuildProblem
from tools.project import find_project

ROOT = find_project().root
HASHED = " \\\n    --hash=sha256:00\n"
LOCK = f"typed==1.0{HASHED}"


def test_a_missing_lock_is_refused(tree: Tree) -> None:
    tree.write("layers/base/requirements.in", "typed\n")

    with pytest.raises(BuildProblem, match=r"layers/base/requirements\.txt is missing") as refused:
        tree.build()
    assert refused.value.fix == "make lock"


def test_a_lock_of_nothing_is_refused(tree: Tree) -> None:
    tree.write("layers/base/requirements.txt", LOCK)

    with pytest.raises(BuildProblem, match=r"layers/base/requirements\.in, which its lock is made of, is missing"):
        tree.build()


@pytest.mark.parametrize(
    ("wanted", "locked", "says"),
    [
        ("typed\nPy_JWT[crypto]>=2\n", LOCK, "wants Py_JWT[crypto]>=2, which its lock was not made for"),
        ("typed\n", f"typed>=1.0{HASHED}", "does not pin typed to a version"),
        ("typed\n", f"{LOCK}boto3==1.0{HASHED}", "holds boto3, which the Lambda runtime brings"),
        (
            "typed\n",
            f"typed==1.0 ; platform_machine == 'x86_64'{HASHED}typed==2.0 ; platform_machine == 'aarch64'{HASHED}",
            "holds typed 1.0 and 2.0, so processors would differ",
        ),
    ],
)
def test_a_lock_that_cannot_be_right_is_refused(
    tree: Tree, installed: SimpleNamespace, wanted: str, locked: str, says: str
) -> None:
    tree.lock("base", wanted, locked)

    with pytest.raises(BuildProblem, match=re.escape(says)):
        tree.build()


@pytest.mark.parametrize(
    ("edited", "says"),
    [
        ("typed\nother\nmore ; python_version < '3'\n", "wants other, which its lock was not made for"),
        ("typed>=1.0\nmore ; python_version < '3'\n", "wants typed>=1.0, which its lock was not made for"),
        ("typed[fast]\nmore ; python_version < '3'\n", "wants typed[fast], which its lock was not made for"),
        ("typed\nmore ; python_version < '4'\n", "wants more ; python_version < '4', which its lock was not made for"),
        ("typed\n", "its lock was made for more ; python_version < '3', which"),
        ("", "its lock was made for more ; python_version < '3', which"),
    ],
)
def test_an_edit_of_what_is_wanted_makes_the_lock_stale(
    tree: Tree, installed: SimpleNamespace, edited: str, says: str
) -> None:
    tree.lock("base", "typed\nmore ; python_version < '3'\n", LOCK)
    tree.build()
    tree.write("layers/base/requirements.in", edited)

    with pytest.raises(BuildProblem, match=re.escape(says)) as refused:
        tree.build()
    assert refused.value.fix == "make lock"


def test_a_lock_that_was_not_made_by_make_lock_is_stale(tree: Tree, installed: SimpleNamespace) -> None:
    tree.lock("base", "typed\n", LOCK)
    tree.write("layers/base/requirements.txt", LOCK)

    with pytest.raises(BuildProblem, match="wants typed, which its lock was not made for"):
        tree.build()


@pytest.mark.parametrize(
    "edited", ["# why\ntyped\n", "typed  # why\n", "\n  typed\n\n", "typed \\\n\n", "\ufefftyped\r\n", "typed\ntyped\n"]
)
def test_words_about_a_requirement_do_not_make_the_lock_stale(
    tree: Tree, installed: SimpleNamespace, edited: str
) -> None:
    tree.lock("base", "typed\n", LOCK)
    tree.build()
    (tree.project.root / "layers/base/requirements.in").write_bytes(edited.encode())

    assert tree.changes() == {}


def test_a_requirement_whose_marker_never_applies_is_in_no_lock(tree: Tree, installed: SimpleNamespace) -> None:
    tree.lock("base", "typed\ntomli ; python_version < '3.11'\n", LOCK)

    assert "base" in tree.changes()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("-r more.in", "is an option"),
        ("-rmore.in", "is an option"),
        ("-c ../../requirements/toolkit.txt", "is an option"),
        ("-e .", "is an option"),
        ("--editable=./mine", "is an option"),
        ("--index-url https://example.com/simple", "is an option"),
        ("./mine", "is a path or an address"),
        ("../mine[extra]", "is a path or an address"),
        ("/opt/mine", "is a path or an address"),
        ("mine-1.0-py3-none-any.whl", "is a path or an address"),
        (".\\mine", "is a path or an address"),
        ("mine @ file:///opt/mine", "is a path or an address"),
        ("mine @ file:mine", "is a path or an address"),
        ("mine@https://example.com/mine.whl ; python_version > '3'", "is a path or an address"),
        ("git+https://example.com/mine.git#egg=mine", "is a path or an address"),
        (">=1.0", "is no requirement"),
    ],
)
def test_what_has_no_name_and_version_in_the_index_is_refused(tree: Tree, line: str, reason: str) -> None:
    tree.lock("base", f"typed\n{line}\n", LOCK)

    with pytest.raises(BuildProblem, match=re.escape(f"`{line}` in layers/base/requirements.in {reason}")):
        tree.build()


@pytest.mark.parametrize("kind", ["in", "txt"])
def test_requirements_in_another_encoding_are_named(tree: Tree, kind: str) -> None:
    tree.lock("base", "typed\n", LOCK)
    (tree.project.root / f"layers/base/requirements.{kind}").write_bytes("typed\n".encode("utf-16"))

    with pytest.raises(BuildProblem, match=rf"^layers/base/requirements\.{kind} is not UTF-8"):
        tree.build()


@pytest.mark.parametrize("kind", ["in", "txt"])
def test_requirements_that_are_a_link_to_nothing_are_named(tree: Tree, kind: str) -> None:
    (tree.project.root / "layers/base").mkdir(parents=True)
    (tree.project.root / f"layers/base/requirements.{kind}").symlink_to("nowhere")

    with pytest.raises(
        BuildProblem, match=rf"^layers/base/requirements\.{kind} cannot be read: it is a link to nothing"
    ):
        tree.build()


def test_every_lock_of_the_project_was_made_for_what_is_wanted() -> None:
    for file in [*ROOT.glob("requirements/*.in"), *ROOT.glob("layers/*/requirements.in")]:
        assert made_for(file.with_suffix(".txt").read_text()) == wanted_lines(file.read_text()), file


def test_make_lock_compiles_each_layer_by_itself_and_stops_at_the_first_that_fails(tmp_path: Path) -> None:
    """Once, a pattern that the shell resolved too late compiled all layers into one lock."""
    printed = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "lock"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for layer in ROOT.glob("layers/*/requirements.in"):
        assert f" {layer.relative_to(ROOT).with_suffix('')}" in printed
    assert "layers/*" not in printed
    assert printed.count("set -e") == printed.count("for file in")
