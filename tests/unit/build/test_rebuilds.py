"""Content decides what is built again, and nothing else does."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile

import pytest

from tests.unit.build.conftest import Tree
from tools.build import outputs
from tools.build.sources import read_unchanged, source_hash
from tools.errors import BuildProblem, UsageProblem


def test_nothing_changed_nothing_written(tree: Tree) -> None:
    tree.build()
    before = {path: path.stat().st_ino for path in tree.project.build.rglob("*.*")}

    assert tree.changes() == {}
    assert {path: path.stat().st_ino for path in tree.project.build.rglob("*.*")} == before


def test_times_of_files_do_not_matter(tree: Tree) -> None:
    tree.build()
    for path in tree.project.sources.rglob("*.py"):
        os.utime(path, (1, 1))

    assert tree.changes() == {}


def test_a_changed_handler_rebuilds_one_zip(tree: Tree) -> None:
    tree.build()
    handler = tree.project.sources / "crud_api" / "get_item.py"
    handler.write_text(handler.read_text() + "# one more line\n")

    assert tree.changes() == {"get-item": "crud_api/get_item.py changed"}


def test_a_changed_module_rebuilds_exactly_its_importers(tree: Tree) -> None:
    tree.build()
    tree.write("lambda_src/domain/times.py", "def now():\n    return 1\n")
    assert tree.changes() == dict.fromkeys(("create-item", "get-item"), "domain/times.py changed")

    tree.write("lambda_src/storage/writer.py", "def put(item):\n    return None\n")
    assert tree.changes() == {"create-item": "storage/writer.py changed"}

    tree.write("lambda_src/domain/unused.py", "UNUSED = False\n")
    assert tree.changes() == {}


def test_an_edit_taken_back_gives_the_first_bytes(tree: Tree) -> None:
    file = tree.project.sources / "domain" / "times.py"
    tree.build()
    first, source = tree.zip("get-item").read_bytes(), file.read_text()

    file.write_text("def now():\n    return 2\n")
    tree.build()
    assert tree.zip("get-item").read_bytes() != first
    file.write_text(source)
    tree.build()

    assert tree.zip("get-item").read_bytes() == first


def test_the_zip_of_a_removed_function_goes(tree: Tree) -> None:
    tree.build()
    (tree.project.sources / "scheduled" / "cleanup_job.py").unlink()

    tree.build()

    assert not tree.zip("cleanup-job").exists()
    assert "cleanup-job" not in json.loads(tree.project.manifest.read_text())["functions"]


def test_a_missing_or_damaged_output_is_made_again(tree: Tree) -> None:
    tree.build()
    good = tree.zip("get-item").read_bytes()
    tree.zip("get-item").write_bytes(good[:-1] + b"?")
    tree.zip("create-item").unlink()
    tree.zip("cleanup-job").write_bytes(b"")

    assert tree.changes() == {
        "get-item": "zip was damaged",
        "create-item": "zip was missing",
        "cleanup-job": "zip was damaged",
    }
    assert tree.zip("get-item").read_bytes() == good


def test_damage_of_the_same_size_long_after_the_build_is_seen(tree: Tree) -> None:
    tree.build()
    zip_file = tree.zip("get-item")
    good = zip_file.read_bytes()
    _settle(tree)
    assert tree.changes() == {}
    status = zip_file.stat()
    zip_file.write_bytes(good[:-1] + b"?")
    os.utime(zip_file, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert tree.changes() == {"get-item": "zip was damaged"}


def _settle(tree: Tree) -> None:
    """Learn the stamps as if the zips were old: waiting for that would take two seconds."""
    before, outputs._SETTLED_NS = outputs._SETTLED_NS, -1
    try:
        assert tree.changes() == {}
    finally:
        outputs._SETTLED_NS = before


def test_a_damaged_manifest_and_a_damaged_cache_are_made_again(tree: Tree) -> None:
    tree.build()
    manifest = tree.project.manifest.read_bytes()
    tree.project.manifest.write_text("{}")
    assert tree.changes() == {}
    assert tree.project.manifest.read_bytes() == manifest

    good = tree.zip("get-item").read_bytes()
    for blob in (tree.project.state / "cache" / "build").rglob("*"):
        if blob.is_file():
            blob.write_bytes(blob.read_bytes()[:-3])
    tree.zip("get-item").unlink()
    tree.build()
    assert tree.zip("get-item").read_bytes() == good


def test_without_its_cache_a_build_starts_again_from_nothing(tree: Tree) -> None:
    tree.build()
    shutil.rmtree(tree.project.state)

    assert tree.changes() == {}
    assert {one.why for one in tree.build().artefacts} == {"unchanged"}


def test_force_makes_the_same_bytes(tree: Tree) -> None:
    tree.build()
    before = tree.zip("get-item").read_bytes()

    tree.build(force=True)

    assert tree.zip("get-item").read_bytes() == before


def test_byte_code_can_be_left_out(tree: Tree) -> None:
    tree.build()

    assert set(tree.changes(pyc=False).values()) == {"compiling interpreter changed"}
    assert not [name for name in _all_names(tree) if name.endswith(".pyc")]


def _all_names(tree: Tree) -> list[str]:
    return [name for path in tree.project.build.rglob("*.zip") for name in zipfile.ZipFile(path).namelist()]


def test_the_manifest_says_what_terraform_needs(tree: Tree) -> None:
    report = tree.build("aws", pyc=False)
    manifest = json.loads(tree.project.manifest.read_text())
    entry = manifest["functions"]["create-item"]
    content = tree.zip("create-item").read_bytes()
    digest = hashlib.sha256(content).hexdigest()

    assert (manifest["format"], manifest["target"], manifest["architecture"]) == (1, "aws", "arm64")
    assert manifest["source_hash"] == report.source_hash == source_hash(tree.project.root)
    assert entry["file"] == "build/functions/create-item.zip"
    assert entry["sha256"] == digest
    assert entry["size"] == len(content)
    assert entry["key"] == f"functions/create-item/{digest}.zip"
    assert entry["handler"] == "crud_api.create_item.handler"
    assert str(tree.project.root) not in tree.project.manifest.read_text()


def test_the_source_hash_is_the_one_that_terraform_computes(tree: Tree) -> None:
    tree.lock("base", "typed\n", "typed==1.0\n")
    root = tree.project.root
    files = [*root.glob("lambda_src/**/*.py"), root / "layers/base/requirements.txt", root / "api-gateway/openapi.yaml"]
    names = sorted((path.relative_to(root).as_posix() for path in files), key=str.encode)
    lines = [f"{name} {hashlib.sha256((root / name).read_bytes()).hexdigest()}\n" for name in names]

    assert source_hash(root) == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_the_schemas_go_with_the_module_that_reads_them(tree: Tree) -> None:
    tree.write("lambda_src/web/answers.py", "")
    tree.write("lambda_src/crud_api/get_item.py", "from web import answers\ndef handler(event, context): ...\n")
    tree.build()
    assert "web/schemas.json" in tree.names("get-item")
    assert "web/schemas.json" not in tree.names("create-item")

    contract = tree.project.contract
    contract.write_text(contract.read_text() + "# a comment\n")
    assert tree.changes() == {}
    contract.write_text(contract.read_text().replace("Item: {type: object}", "Item: {type: array}"))
    assert tree.changes() == {"get-item": "api-gateway/openapi.yaml changed"}


def test_a_source_changed_while_it_is_built_is_never_stored_under_its_old_hash(tree: Tree) -> None:
    file = tree.project.sources / "crud_api" / "get_item.py"
    tree.build()
    file.write_text("def handler(event, context):\n    return 1\n")

    def edit(step: str) -> None:
        file.write_text("def handler(event, context):\n    return 'newer'\n")

    tree.build(progress=edit)
    tree.build()

    assert b"newer" in zipfile.ZipFile(tree.zip("get-item")).read("crud_api/get_item.py")


def test_content_that_differs_from_its_hash_is_refused(tree: Tree) -> None:
    with pytest.raises(BuildProblem, match="was changed while it was being built"):
        read_unchanged(str(tree.project.root), "lambda_src/domain/times.py", "0" * 64)


@pytest.mark.parametrize("options", [{"target": "azure"}, {"target": "aws", "arch": "riscv"}, {"arch": "other"}])
def test_a_target_that_does_not_exist_is_refused(tree: Tree, options: dict[str, str]) -> None:
    with pytest.raises(UsageProblem):
        tree.build(**options)
