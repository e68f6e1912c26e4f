"""Which files are sources, and what is said of one that cannot be read as such: a sentence with its name."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.build.conftest import Tree
from tools.build.sources import hashed_inputs, source_hash
from tools.errors import BuildProblem

LATIN = "x = 1\n# größer\n".encode("latin-1")


def _link(to: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(to)


def _file(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


@pytest.mark.parametrize(
    "path",
    [
        "lambda_src/domain/.#times.py",
        "lambda_src/.#top.py",
        "lambda_src/domain/.hidden.py",
        "lambda_src/.ipynb_checkpoints/times-checkpoint.py",
        "lambda_src/domain/__pycache__/times.py",
        "lambda_src/domain/notes ü.txt",
        "lambda_src/domain/TIMES.PY",
        "layers/.old/requirements.txt",
    ],
)
def test_what_an_editor_or_python_leaves_is_no_source(tree: Tree, path: str) -> None:
    before = source_hash(tree.project.root)
    file = tree.project.root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    if "#" in file.name:
        file.symlink_to("somebody@somewhere.123")
    else:
        file.write_text("hidden")

    assert source_hash(tree.project.root) == before
    tree.build()


def test_a_folder_of_a_modules_name_is_gone_into(tree: Tree) -> None:
    (tree.project.sources / "empty.py").mkdir()
    tree.build()
    tree.write("lambda_src/full.py/inside.py", "")

    with pytest.raises(BuildProblem, match=r"^lambda_src/full\.py/inside\.py cannot be a module: "):
        tree.build()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("u\u0308ber.py", r"u\u0308ber.py"),
        ("\u00fcber.py", r"\xfcber.py"),
        ("two words.py", "two words.py"),
        ("two.dots.py", "two.dots.py"),
        ("new\nline.py", r"new\nline.py"),
        ("bra[ck]et.py", "bra[ck]et.py"),
        (os.fsdecode(b"\xff.py"), r"\udcff.py"),
    ],
)
def test_a_name_that_another_system_reads_differently_is_refused(tree: Tree, name: str, shown: str) -> None:
    tree.write(f"lambda_src/domain/{name}", "")

    with pytest.raises(BuildProblem, match=rf"^lambda_src/domain/{re.escape(shown)} cannot be a module: "):
        tree.build()


def test_so_is_such_a_name_of_a_layer(tree: Tree) -> None:
    tree.lock("b\u00e4se", "", "")

    with pytest.raises(BuildProblem, match=r"^layers/b\\xe4se cannot be a layer: "):
        tree.build()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_link("nowhere.py"), "cannot be read: it is a link to nothing."),
        (_link("odd.py"), "cannot be read: too many levels of symbolic links."),
        (os.mkfifo, "cannot be read: it is not a file."),
        (_file(LATIN), ", line 2, does not compile: it is not UTF-8."),
        (_file("x = 1\n".encode("utf-16")), ", line 1, does not compile: it is not UTF-8."),
        (_file(b"# coding: martian\n"), ", line 1, does not compile: "),
        (_file(b"x = 1\0\n"), "does not compile: source code string cannot contain null bytes."),
        (_file(b"x =\n"), ", line 1, does not compile: invalid syntax."),
        (_file(b"x = " + b"(" * 300 + b")" * 300), ", line 1, does not compile: too many nested parentheses."),
        (_file(b"x = " + b"-" * 20000 + b"1"), ", line 1, does not compile: "),
        (_file(b"x = 1" + b" + 1" * 20000), ", line 1, does not compile: "),
    ],
)
def test_a_file_that_cannot_be_read_as_source_is_named(tree: Tree, make: Callable[[Path], object], reason: str) -> None:
    make(tree.project.sources / "domain" / "odd.py")
    tree.write("lambda_src/domain/times.py", "import domain.odd\n\n\ndef now(): ...\n")

    with pytest.raises(BuildProblem) as refused:
        tree.build()
    assert refused.value.problem.startswith("lambda_src/domain/odd.py")
    assert reason in refused.value.problem
    assert "\n" not in refused.value.problem


def test_another_encoding_that_the_file_names_is_read(tree: Tree) -> None:
    (tree.project.sources / "domain" / "times.py").write_bytes(b"# coding: latin-1\n" + LATIN + b"def now(): ...\n")

    assert "create-item" in tree.changes()


@pytest.mark.parametrize("to", [".", "..", "../..", "../kit"])
def test_a_folder_that_is_a_link_to_one_around_it_is_named(tree: Tree, to: str) -> None:
    (tree.project.sources / "kit").mkdir()
    (tree.project.sources / "kit" / "back").symlink_to("../domain")
    (tree.project.sources / "domain" / "loop").symlink_to(to)

    with pytest.raises(BuildProblem, match=r"^lambda_src/\S+ cannot be read: too many levels") as refused:
        tree.build()
    assert refused.value.problem.count("loop") == 1


def test_a_linked_folder_is_read(tree: Tree) -> None:
    (tree.project.sources / "linked").symlink_to("domain")

    assert "lambda_src/linked/times.py" in hashed_inputs(str(tree.project.root))


def test_a_file_of_somebody_else_is_named(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def refuse(path: str, flags: int, mode: int = 0o777) -> int:
        if str(path).endswith("domain/times.py"):
            raise PermissionError(13, "Permission denied", path)
        return opened(path, flags, mode)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(BuildProblem, match=r"^lambda_src/domain/times\.py cannot be read: permission denied\."):
        tree.build()


def test_a_long_chain_of_conditions_is_no_deep_nesting(tree: Tree) -> None:
    chain = "if x == 0: pass\n" + "".join(f"elif x == {at}: pass\n" for at in range(1, 900))
    tree.write("lambda_src/domain/times.py", f"x = 1\n{chain}\n\ndef now(): ...\n")

    assert "create-item" in tree.changes()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is YAML, and no OpenAPI description: "),
        (b"[]", "is YAML, and no OpenAPI description: "),
        (b"paths: [/items]", "is YAML, and no OpenAPI description: "),
        (b"paths: {/items: {get: {operationId: a, responses: {200: text}}}}", "is YAML, and no OpenAPI description: "),
        (b"a: [", ", line 2, is not YAML: "),
        (b"a: \xff\xfe", "is not YAML: "),
        (b"a: \0", "is not YAML: "),
        (b"a: 2024-13-45", "is not YAML: "),
        (b"a: &a [*a]\ncomponents: {schemas: {A: &b {c: *b}}}", "is YAML, and no OpenAPI description: "),
        (b"a: " + b"[" * 5000, "is not YAML: "),
    ],
)
def test_a_description_that_cannot_be_read_is_named(tree: Tree, content: bytes, reason: str) -> None:
    tree.write("lambda_src/web/answers.py", "")
    tree.write("lambda_src/domain/times.py", "from web import answers\n\n\ndef now(): ...\n")
    tree.project.contract.write_bytes(content)

    with pytest.raises(BuildProblem) as refused:
        tree.build()
    assert refused.value.problem.startswith("api-gateway/openapi.yaml")
    assert reason in refused.value.problem
    assert "\n" not in refused.value.problem


def test_a_description_that_is_a_link_to_nothing_is_named(tree: Tree) -> None:
    tree.project.contract.unlink()
    tree.project.contract.symlink_to("nowhere")

    with pytest.raises(BuildProblem, match=r"^api-gateway/openapi\.yaml cannot be read: it is a link to nothing\."):
        tree.build()
