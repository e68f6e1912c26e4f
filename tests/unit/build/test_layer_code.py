"""Byte code of layers is kept for every checkout of a user, and is never taken for another's."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.unit.build.conftest import Tree
from tools.build import layer_code
from tools.build.bytecode import compile_all
from tools.build.layer_code import compile_layer
from tools.programs import Interpreter, this_interpreter

# Bound here, before the fixture replaces it
USER_CACHE = layer_code.user_cache
MODULES = [("python/one/__init__.py", b"X = 1\n"), ("python/one/b.py", b"Y = 2\n"), ("python/two.py", b"Z = 3\n")]


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what was really compiled."""
    names: list[str] = []

    def spy(interpreter: Interpreter, modules: Sequence[tuple[str, bytes]], *, strict: bool) -> list[bytes]:
        names.extend(name for name, _ in modules)
        return compile_all(interpreter, modules, strict=strict)

    monkeypatch.setattr(layer_code, "compile_all", spy)
    return names


def test_another_checkout_compiles_nothing_again(compiled: list[str]) -> None:
    first = compile_layer(this_interpreter(), MODULES)
    second = compile_layer(this_interpreter(), MODULES[::-1])

    assert compiled == [name for name, _ in MODULES]
    assert first == second
    assert list(first.values()) == compile_all(this_interpreter(), MODULES, strict=False)


def test_a_changed_library_is_compiled_and_no_other(compiled: list[str]) -> None:
    compile_layer(this_interpreter(), MODULES)
    compiled.clear()

    codes = compile_layer(this_interpreter(), [*MODULES[:2], ("python/two.py", b"Z = 4\n")])

    assert compiled == ["python/two.py"]
    assert codes["python/two.py"] == compile_all(this_interpreter(), [("python/two.py", b"Z = 4\n")], strict=True)[0]


@pytest.mark.parametrize(
    "modules",
    [
        [("python/three.py", b"Z = 3\n")],
        [("python/two.py", b"Z = 3\n"), ("python/two/__init__.py", b"Z = 3\n")],
    ],
)
def test_the_same_source_at_another_path_is_another_module(
    compiled: list[str], modules: list[tuple[str, bytes]]
) -> None:
    compile_layer(this_interpreter(), [("python/two.py", b"Z = 3\n")])
    codes = compile_layer(this_interpreter(), modules)

    for name, _ in modules:
        assert name.encode() in codes[name]


def test_another_release_of_the_same_minor_version_compiles_for_itself(compiled: list[str]) -> None:
    mine = this_interpreter()
    compile_layer(mine, MODULES)
    compile_layer(Interpreter(mine.path, mine.tag, f"{mine.version}.1", mine.mark), MODULES)

    assert len(compiled) == 2 * len(MODULES)


def test_force_compiles_again(compiled: list[str]) -> None:
    compile_layer(this_interpreter(), MODULES)
    compile_layer(this_interpreter(), MODULES, force=True)

    assert len(compiled) == 2 * len(MODULES)


def test_a_damaged_entry_is_compiled_again(compiled: list[str], byte_code: Path) -> None:
    good = compile_layer(this_interpreter(), MODULES)
    for path in byte_code.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-1])

    assert compile_layer(this_interpreter(), MODULES) == good
    assert len(compiled) == 2 * len(MODULES)


def test_a_module_that_does_not_compile_is_kept_as_such(compiled: list[str]) -> None:
    modules = [("python/one/template.py", b"class {{ name }}: pass\n"), *MODULES]

    assert compile_layer(this_interpreter(), modules) == compile_layer(this_interpreter(), modules)
    assert compile_layer(this_interpreter(), modules)["python/one/template.py"] == b""
    assert len(compiled) == len(modules)


@pytest.mark.parametrize("kind", ["none", "not writable"])
def test_a_user_without_a_place_to_keep_it_builds_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    # A file where a folder is to be: root, too, can make none below it
    (tmp_path / "file").write_text("")
    where = None if kind == "none" else str(tmp_path / "file" / "cache")
    monkeypatch.setattr(layer_code, "user_cache", lambda: where)

    assert set(compile_layer(this_interpreter(), MODULES)) == {name for name, _ in MODULES}


def test_where_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert USER_CACHE() == "/caches/serverless-starter/bytecode"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert USER_CACHE() == "/home/me/.cache/serverless-starter/bytecode"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert USER_CACHE() == "/home/me/.cache/serverless-starter/bytecode"


@pytest.mark.parametrize("jobs", [1, 4])
def test_a_cold_build_beside_a_warm_one_gives_the_same_bytes(
    tree: Tree, installed: SimpleNamespace, compiled: list[str], jobs: int
) -> None:
    tree.lock("base", "typed\n", "typed==1.0 \\\n    --hash=sha256:00\n")
    tree.build(jobs=jobs)
    first = tree.zip("base", "layers").read_bytes()
    assert compiled == ["python/typed/__init__.py"]
    for folder in (tree.project.build, tree.project.state):
        shutil.rmtree(folder)

    tree.build(jobs=jobs)
    assert tree.zip("base", "layers").read_bytes() == first
    assert len(compiled) == 1
    tree.build(jobs=jobs, force=True)
    assert tree.zip("base", "layers").read_bytes() == first
    assert len(compiled) == 2
