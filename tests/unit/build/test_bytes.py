"""The same sources give the same bytes, and the bytes are what Lambda can use."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.unit.build.conftest import Tree
from tools.build.bytecode import compile_all
from tools.build.contract import render_schemas
from tools.errors import BuildProblem, MachineProblem
from tools.programs import Interpreter, find_interpreter, this_interpreter

TOOLS = Path(__file__).resolve().parents[3] / "tools"


def run_tools(root: Path, *arguments: str, umask: int = 0o022, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line of a project's own copy of the toolkit."""
    return subprocess.run(
        [sys.executable, "-m", "tools", "build", *arguments],
        cwd=root,
        umask=umask,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def with_toolkit(root: Path) -> Path:
    for name in ("__init__.py", "__main__.py", "errors.py", "programs.py"):
        (root / "tools").mkdir(exist_ok=True)
        shutil.copy(TOOLS / name, root / "tools" / name)
    (root / "localcloud").mkdir(exist_ok=True)
    for name in ("__init__.py", "errors.py"):
        shutil.copy(TOOLS.parent / "localcloud" / name, root / "localcloud" / name)
    shutil.copytree(TOOLS / "build", root / "tools" / "build", ignore=shutil.ignore_patterns("__pycache__"))
    return root


def digests(root: Path) -> dict[str, str]:
    files = [path for path in (root / "build").rglob("*") if path.is_file()]
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("target", ["aws", "local"])
def test_two_checkouts_give_the_same_bytes(tree: Tree, tmp_path: Path, target: str) -> None:
    first = with_toolkit(tree.project.root)
    second = tmp_path / "another place" / "of another length"
    shutil.copytree(first, second, copy_function=shutil.copyfile)
    for path in second.rglob("*.py"):
        path.chmod(0o600)
        os.utime(path, (1_000_000_000, 1_000_000_000))
    options = ["--target", target, *_compiled_where_possible(target)]

    one = run_tools(first, *options, TZ="UTC", LC_ALL="C", PYTHONHASHSEED="1", USER="one")
    two = run_tools(
        second, *options, umask=0o077, TZ="Pacific/Chatham", LC_ALL="C.UTF-8", PYTHONHASHSEED="2", USER="two"
    )

    assert (one.returncode, two.returncode) == (0, 0), one.stderr + two.stderr
    assert digests(first) == digests(second)
    assert len(digests(first)) == 4


def _compiled_where_possible(target: str) -> list[str]:
    try:
        if target == "aws":
            find_interpreter()
    except MachineProblem:
        return ["--no-pyc"]
    return []


def test_byte_code_does_not_depend_on_what_was_compiled_before() -> None:
    modules = [
        (f"m{number}.py", f"NAME = 'text{number}'\nKEYS = {{'a', 'b', 'c{number}'}}\n".encode()) for number in range(40)
    ]

    together = compile_all(this_interpreter(), modules, strict=False)
    alone = [compile_all(this_interpreter(), [module], strict=True)[0] for module in reversed(modules)]

    assert together == alone[::-1]


def test_byte_code_is_used_as_it_is_and_names_no_folder_of_this_machine(tree: Tree, tmp_path: Path) -> None:
    tree.build()
    with zipfile.ZipFile(tree.zip("create-item")) as archive:
        archive.extractall(tmp_path / "task")
    codes = sorted((tmp_path / "task").rglob("*.pyc"))
    for code in codes:
        content = code.read_bytes()
        assert int.from_bytes(content[4:8], "little") == 0b01, "unchecked hash, PEP 552"
        assert str(tree.project.root).encode() not in content
    command = "import crud_api.create_item as m; print(m.handler.__code__.co_filename, m.handler({}, None))"
    done = subprocess.run(
        [sys.executable, "-v", "-c", command], cwd=tmp_path / "task", capture_output=True, text=True, check=True
    )

    assert len(codes) == 7
    assert done.stdout == f"{tmp_path}/task/crud_api/create_item.py {{'at': 0}}\n"
    assert "/task/domain/__pycache__/items." in done.stderr
    assert not [line for line in done.stderr.splitlines() if line.startswith("# wrote") and "/task/" in line]


def test_byte_code_for_aws_is_of_its_python(tree: Tree) -> None:
    try:
        find_interpreter()
    except MachineProblem as reason:
        pytest.skip(reason.problem)
    tree.build("aws")

    with zipfile.ZipFile(tree.zip("create-item")) as archive:
        assert "crud_api/__pycache__/create_item.cpython-313.pyc" in archive.namelist()


def test_without_the_runtimes_python_a_build_for_aws_names_the_way_out(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.programs._candidates", lambda: iter(["/nonexistent/python3.13"]))

    with pytest.raises(MachineProblem, match=r"No Python 3\.13") as refused:
        tree.build("aws")
    assert "--no-pyc" in refused.value.fix
    tree.build("aws", pyc=False)


def test_an_interpreter_that_does_not_run_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = tmp_path / "python3.13"
    stub.write_text("#!/bin/sh\necho 'not installed' >&2\nexit 127\n")
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setattr("tools.programs._uv_candidates", lambda: iter(()))
    monkeypatch.setattr(sys, "version_info", (3, 11, 0, "final", 0))

    with pytest.raises(MachineProblem):
        find_interpreter()


def test_a_module_that_only_the_target_refuses_is_named() -> None:
    other = this_interpreter()
    elsewhere = Interpreter(other.path, other.tag, other.version, (0, 0))

    with pytest.raises(BuildProblem, match=r"lambda_src/a\.py, line 2"):
        compile_all(elsewhere, [("ok.py", b"")] * 30 + [("a.py", b"\nreturn 1\n")], strict=True)


def test_zips_are_read_by_others(tree: Tree) -> None:
    tree.write("lambda_src/domain/times.py", "def now():\n    return 'Zürich'\n")
    for target in ("local", "aws"):
        tree.build(target, pyc=False)
        with zipfile.ZipFile(tree.zip("create-item")) as archive:
            assert archive.testzip() is None
            assert archive.namelist() == sorted(archive.namelist())
            assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}
            assert {entry.create_system for entry in archive.infolist()} == {3}
            assert archive.read("domain/times.py").decode().endswith("'Zürich'\n")


def test_builds_at_the_same_time_leave_one_whole_build(tree: Tree) -> None:
    root = with_toolkit(tree.project.root)

    with ThreadPoolExecutor(4) as pool:
        targets = ["local", "aws", "local", "aws"]
        done = list(pool.map(lambda target: run_tools(root, "--target", target, "--no-pyc"), targets))

    assert [one.returncode for one in done] == [0, 0, 0, 0], "".join(one.stderr for one in done)
    target = json.loads(tree.project.manifest.read_text())["target"]
    assert tree.changes(target, pyc=False) == {}
    assert not list(tree.project.build.rglob("*.tmp"))


def test_the_schemas_of_the_contract(tree: Tree) -> None:
    assert render_schemas(tree.project.contract) == (
        b'{"responses":{"createItem":{"201":{"$ref":"#/components/schemas/Item"},"400":{"$ref":"#/components/schemas/Problem"}},'
        b'"deleteItem":{"204":null}},"schemas":{"Item":{"type":"object"},"Problem":{"type":"object"}}}'
    )


@pytest.mark.parametrize(("content", "says"), [("a: [", "is not YAML"), (None, "is missing")])
def test_a_contract_that_cannot_be_read_is_refused(tree: Tree, content: str | None, says: str) -> None:
    if content is None:
        tree.project.contract.unlink()
    else:
        tree.project.contract.write_text(content)

    with pytest.raises(BuildProblem, match=says):
        render_schemas(tree.project.contract)
