"""Layers with the real installer: from its cache, else from the package index."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from localcloud.errors import cannot_write
from tests.unit.build.conftest import Tree
from tools.build import build
from tools.build.lock import read_lock
from tools.build.wheels import install
from tools.errors import BuildProblem, MachineProblem
from tools.programs import find_uv
from tools.project import Project, find_project

pytestmark = pytest.mark.wheels

ROOT = find_project().root
LAYERS = sorted(path.parent.name for path in (ROOT / "layers").glob("*/requirements.txt"))
SOURCE_ONLY = "docopt==0.6.2 \\\n    --hash=sha256:49b3a825280bd66b3aa83585ef59c4a8c82f2c8a522dbe754a8bc8d08c85c491\n"


def part_of_lock(layer: str, name: str) -> str:
    """Return one distribution's entry of a real lock."""
    lines = (ROOT / "layers" / layer / "requirements.txt").read_text().splitlines(keepends=True)
    start = next(at for at, line in enumerate(lines) if line.startswith(f"{name}=="))
    end = next((at for at in range(start + 1, len(lines)) if not lines[at].startswith(" ")), len(lines))
    return "".join(line for line in lines[start:end] if not line.strip().startswith("#"))


def test_a_layer_from_its_lock(tree: Tree) -> None:
    tree.lock("base", "fastjsonschema\n", part_of_lock("base", "fastjsonschema"))
    tree.write("lambda_src/domain/times.py", "import fastjsonschema\n")

    tree.build("aws", pyc=False)

    with zipfile.ZipFile(tree.zip("base", "layers")) as archive:
        names = archive.namelist()
    assert "python/fastjsonschema/__init__.py" in names
    assert not [name for name in names if name.endswith(("RECORD", "INSTALLER")) or name.startswith("python/.")]
    assert not list((tree.project.state / "cache" / "build").glob("layer-*")), "nothing is left behind"


def test_a_requirement_published_as_source_only_is_refused(tree: Tree) -> None:
    tree.lock("base", "docopt\n", SOURCE_ONLY)

    with pytest.raises(BuildProblem, match=r"Layer base: docopt 0\.6\.2 is published as source only"):
        tree.build("aws", pyc=False)


def test_a_lock_without_hashes_is_refused(tree: Tree) -> None:
    tree.lock("base", "fastjsonschema\n", part_of_lock("base", "fastjsonschema").split(" ")[0] + "\n")

    with pytest.raises(BuildProblem, match=r"layers/base/requirements\.txt lacks hashes"):
        tree.build("aws", pyc=False)


def test_a_wheel_that_is_not_the_locked_one_is_refused(tree: Tree) -> None:
    name = part_of_lock("base", "fastjsonschema").split(" ")[0]
    tree.lock("base", "fastjsonschema\n", f"{name} --hash=sha256:{'0' * 64}\n")

    with pytest.raises(BuildProblem, match="has not the hash of the lock"):
        tree.build("aws", pyc=False)


def test_a_cache_that_cannot_be_written_is_not_the_networks_fault(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "file" / "cache"))
    tree.lock("base", "fastjsonschema\n", part_of_lock("base", "fastjsonschema"))

    with pytest.raises(
        MachineProblem, match=rf"uv cannot write: .*{tmp_path}/file/cache.*: Not a directory"
    ) as refused:
        tree.build("aws", pyc=False)
    assert "network" not in refused.value.fix


@pytest.mark.parametrize(
    ("complaint", "of_the_disk"),
    [
        (
            "error: Failed to initialize cache at `/root/.cache/uv`\n  cause: failed to create `/root`: No such",
            True,
        ),
        ("error: failed to create directory `/opt/x`: Permission denied (os error 13)", True),
        ("error: failed to write `/opt/x`: No space left on device (os error 28)", True),
        ("error: Read-only file system (os error 30) at path", True),
        ("error: Failed to fetch\n  cause: error sending request\n  cause: Permission denied (os error 13)", False),
        ("error: Failed to fetch\n  cause: error sending request\n  cause: Connection refused (os error 111)", False),
        ("error: the wheel has no usable tag", False),
    ],
)
def test_complaints_of_the_disk_are_told_from_those_of_the_network(complaint: str, of_the_disk: bool) -> None:
    assert (cannot_write(complaint) is not None) is of_the_disk


@pytest.mark.parametrize("layer", LAYERS)
def test_both_processors_get_the_same_versions(layer: str, tmp_path: Path) -> None:
    lock = read_lock(str(ROOT), layer)
    found = {}
    for arch in ("arm64", "x86_64"):
        folder = tmp_path / arch
        install(lock, "aws", arch, str(folder))
        found[arch] = sorted(path.name for path in folder.glob("*.dist-info"))

    assert found["arm64"] == found["x86_64"]
    assert len(found["arm64"]) == len([version for version in lock.versions if version != "colorama"])


def test_the_installer_is_found_and_runs() -> None:
    assert subprocess.run([find_uv(), "--version"], capture_output=True, check=True).stdout.startswith(b"uv ")
    assert Path(sys.executable).exists()


def test_the_projects_own_tree_builds_for_both_targets(tmp_path: Path, tree: Tree) -> None:
    root = tmp_path / "whole"
    for folder in ("lambda_src", "layers", "api-gateway"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", ".terraform"))

    local = build(Project(root), "local")
    aws = build(Project(root), "aws", pyc=False)

    assert {one.name for one in local.artefacts} == {one.name for one in aws.artefacts}
    assert {"create-item", "get-item", "list-items", *LAYERS} <= {one.name for one in local.artefacts}
    assert local.source_hash == aws.source_hash
