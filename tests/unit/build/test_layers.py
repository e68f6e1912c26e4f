"""Layers: what goes in, and what is refused by name. The installer is replaced; `test_wheels.py` has the real one."""

from __future__ import annotations

import json
import random
import re
import zipfile
from types import SimpleNamespace

import pytest

from tests.unit.build.conftest import Tree
from tools.build import functions
from tools.build.closure import Closure
from tools.build.layers import wanted
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
