"""Layers: what goes in, and what is refused by name. The installer is replaced; `test_wheels.py` has the real one."""

from __future__ import annotations

import json
import random
import re
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.unit.build.conftest import Tree
from tools.build import functions
from tools.build.closure import Closure
from tools.build.layers import wanted
from tools.build.lock import stamp, write_stamps
from tools.errors import BuildProblem

HASHED = " \\\n    --hash=sha256:00\n"
LOCK = f"typed==1.0{HASHED}"


def elf(machine: int) -> bytes:
    return b"\x7fELF\x02\x01\x01" + bytes(9) + (3).to_bytes(2, "little") + machine.to_bytes(2, "little") + bytes(44)


def test_a_layer_is_installed_once(tree: Tree, installed: SimpleNamespace) -> None:
    tree.lock("base", "typed\n", LOCK)

    tree.build()
    tree.build()
    tree.zip("base", "layers").unlink()
    tree.build()

    assert installed.calls == 1
    assert tree.names("base", "layers") == ["python/typed/__init__.py"]
    assert json.loads(tree.project.manifest.read_text())["layers"]["base"]["key"].startswith("layers/base/")


def test_a_changed_lock_makes_the_layer_again_and_no_function(tree: Tree, installed: SimpleNamespace) -> None:
    tree.lock("base", "typed\n", LOCK)
    tree.build()
    installed.files = {"typed/__init__.py": b"X = 2\n"}
    tree.lock("base", "typed\n", f"typed==1.1{HASHED}")

    assert tree.changes() == {"base": "layer lock changed"}


@pytest.mark.parametrize(
    ("path", "goes_in"),
    [
        ("typed/__init__.py", True),
        ("typed/data.json", True),
        ("typed/_c.abi3.so", True),
        ("typed.libs/libz.so.1", True),
        ("typed-1.0.dist-info/METADATA", True),
        ("typed-1.0.dist-info/entry_points.txt", True),
        ("typed-1.0.dist-info/licenses/LICENSE", True),
        ("typed-1.0.dist-info/LICENSE.txt", True),
        ("typed-1.0.dist-info/RECORD", False),
        ("typed-1.0.dist-info/INSTALLER", False),
        ("typed/tests/test_it.py", False),
        ("typed/testing.py", True),
        ("typed/__init__.pyi", False),
        ("typed/py.typed", False),
        ("typed/_c.c", False),
        ("typed/__pycache__/x.cpython-311.pyc", False),
        ("bin/tool", False),
        ("typed/bin/needed", True),
        (".lock", False),
    ],
)
def test_what_of_an_installed_tree_goes_into_a_layer(path: str, goes_in: bool) -> None:
    assert wanted(path) is goes_in


@pytest.mark.parametrize("name", ["typed/_c.abi3.so", "typed.libs/libz.so.1.2", "typed/data.bin"])
def test_machine_code_of_another_processor_is_refused(tree: Tree, installed: SimpleNamespace, name: str) -> None:
    tree.lock("base", "typed\n", LOCK)
    installed.files[name] = elf(62)

    with pytest.raises(BuildProblem, match=f"Layer base: {re.escape(name)} is machine code for x86_64, not for arm64"):
        tree.build("aws", pyc=False)
    tree.build("aws", arch="x86_64", pyc=False)


def test_machine_code_of_another_system_is_refused(tree: Tree, installed: SimpleNamespace) -> None:
    tree.lock("base", "typed\n", LOCK)
    installed.files["typed/_c.so"] = b"\xcf\xfa\xed\xfe" + bytes(60)

    with pytest.raises(BuildProblem, match=r"typed/_c\.so is not a Linux shared object"):
        tree.build("aws", pyc=False)


def test_shared_objects_may_be_executed_and_nothing_else(tree: Tree, installed: SimpleNamespace) -> None:
    tree.lock("base", "typed\n", LOCK)
    installed.files["typed/_c.so.1"] = elf(183)

    tree.build("aws", pyc=False)

    with zipfile.ZipFile(tree.zip("base", "layers")) as archive:
        modes = {entry.filename: oct(entry.external_attr >> 16) for entry in archive.infolist()}
    assert modes == {"python/typed/__init__.py": "0o100644", "python/typed/_c.so.1": "0o100755"}


def test_a_wheels_template_that_does_not_compile_goes_without_byte_code(tree: Tree, installed: SimpleNamespace) -> None:
    tree.lock("base", "typed\n", LOCK)
    installed.files["typed/template.py"] = b"class {{ name }}: pass\n"

    tree.build()

    with zipfile.ZipFile(tree.zip("base", "layers")) as archive:
        names = archive.namelist()
    assert "python/typed/template.py" in names
    assert [name for name in names if name.endswith(".pyc")] == [
        next(name for name in names if name.startswith("python/typed/__pycache__/__init__"))
    ]


def test_a_missing_lock_is_refused(tree: Tree) -> None:
    tree.write("layers/base/requirements.in", "typed\n")

    with pytest.raises(BuildProblem, match=r"layers/base/requirements\.txt is missing") as refused:
        tree.build()
    assert refused.value.fix == "make lock"


@pytest.mark.parametrize(
    ("wanted", "locked", "says"),
    [
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


def test_an_edit_of_the_wanted_requirements_is_noticed_after_a_build(tree: Tree, installed: SimpleNamespace) -> None:
    tree.lock("base", "typed\n", LOCK)
    tree.build()
    tree.write("layers/base/requirements.in", "typed\nother\n")

    with pytest.raises(BuildProblem, match=r"layers/base/requirements\.in has changed since it was locked"):
        tree.build()


@pytest.mark.parametrize("wanted", ["typed>=1", "typed[extra]", "typed\nmore", "", "typed ; python_version < '4'"])
def test_a_lock_is_of_one_list_of_requirements(tree: Tree, installed: SimpleNamespace, wanted: str) -> None:
    tree.lock("base", "typed\n", LOCK)
    tree.write("layers/base/requirements.in", wanted)

    with pytest.raises(BuildProblem, match="has changed since it was locked") as refused:
        tree.build()
    assert refused.value.fix == "make lock"


def test_comments_spacing_and_a_marker_that_never_applies_are_no_change(tree: Tree, installed: SimpleNamespace) -> None:
    tree.lock("base", "typed\nold-backport ; python_version < '3.5'\n", LOCK)
    tree.build()
    tree.write("layers/base/requirements.in", "# why\nold-backport  ; python_version < '3.5'\n\n  typed # what for\r\n")
    tree.build()


@pytest.mark.parametrize(
    "line",
    [
        "-r more.in",
        "-c limits.txt",
        "-e .",
        "--no-binary typed",
        "./typed",
        "../typed",
        ".",
        "typed @ https://x.example/t",
    ],
)
def test_what_cannot_be_locked_by_hash_is_refused(tree: Tree, installed: SimpleNamespace, line: str) -> None:
    tree.lock("base", "typed\n", LOCK)
    tree.write("layers/base/requirements.in", f"typed\n{line}\n")

    with pytest.raises(BuildProblem, match=re.escape(f"requirements.in holds {line!r}")):
        tree.build()


def test_locking_notes_what_was_locked(tree: Tree) -> None:
    tree.write("layers/base/requirements.in", "typed\n")
    tree.write("layers/base/requirements.txt", LOCK)
    for _ in range(2):
        write_stamps(str(tree.project.root))
        lines = (tree.project.layers / "base" / "requirements.txt").read_text().splitlines(keepends=True)
        assert (lines[0], "".join(lines[1:])) == (stamp(["typed"]), LOCK)


@pytest.mark.parametrize("path", ["layers/base/requirements.txt", "layers/base/requirements.in"])
def test_a_list_in_another_encoding_is_one_sentence(tree: Tree, installed: SimpleNamespace, path: str) -> None:
    tree.lock("base", "typed\n", LOCK)
    file = tree.project.root / path
    file.write_bytes(file.read_bytes() + "# Größe\n".encode("latin-1"))

    with pytest.raises(BuildProblem, match=f"{path} is not UTF-8"):
        tree.build()


def test_two_layers_with_two_versions_of_a_library_are_refused(tree: Tree, installed: SimpleNamespace) -> None:
    tree.lock("base", "typed\n", LOCK)
    tree.lock("more", "typed\n", f"typed==2.0{HASHED}")

    with pytest.raises(BuildProblem, match=r"Layers base and more hold typed 1\.0 and 2\.0"):
        tree.build()


def test_a_function_that_is_too_large_is_refused(
    tree: Tree, installed: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.lock("base", "typed\n", LOCK)
    tree.write("lambda_src/domain/times.py", "import typed\n")
    installed.files["typed/big.bin"] = random.Random(1).randbytes(3 * 2**20)

    monkeypatch.setattr(functions, "UNZIPPED_LIMIT", 2 * 2**20)
    with pytest.raises(BuildProblem, match=r"function create-item is 3\.0 MiB unzipped .*layer base 3\.0 MiB"):
        tree.build()

    monkeypatch.setattr(functions, "UNZIPPED_LIMIT", 4 * 2**20)
    monkeypatch.setattr(functions, "ZIPPED_LIMIT", 2**20)
    with pytest.raises(BuildProblem, match=r"layer base is 3\.0 MiB zipped"):
        tree.build()


def test_of_several_layers_the_one_needed_anyway_is_taken() -> None:
    closure = Closure("x.py", ("x.py",), {"shared": ("x.py", 1, True), "only": ("x.py", 2, True)})

    assert functions.split_imports("x", closure, {"a": ("shared",), "b": ("only", "shared")}) == ("b",)


def test_a_cache_that_cannot_be_written_is_not_taken_for_the_network(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tree.lock("base", "typed\n", LOCK)
    (tmp_path / "file").touch()
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "file" / "cache"))

    with pytest.raises(BuildProblem, match=r"Layer base could not be installed: .*Not a directory") as refused:
        tree.build()
    assert "UV_CACHE_DIR" in refused.value.fix
