"""Whatever is in the place of an engine's folders: the engine starts, or one sentence says what is in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

import localcloud
from localcloud import LOCALSTACK
from localcloud.localstack.engine import LocalStack
from localcloud.ministack.engine import MiniStack
from tools.errors import MachineProblem
from tools.project import Project


@pytest.mark.parametrize("name", ["state", "objects", "tmp", "home"])
@pytest.mark.parametrize("kind", ["file", "link", "folder"])
def test_a_file_in_place_of_a_folder_is_removed(project: Project, name: str, kind: str) -> None:
    place = localcloud.folder(project) / name
    if kind == "folder":
        (place / "deep").mkdir(parents=True)
    elif kind == "file":
        place.write_text("in the way")
    else:
        place.symlink_to(project.root / "nowhere")
    MiniStack(localcloud.folder(project), project).prepare_folders()
    assert place.is_dir()
    assert not place.is_symlink()


def test_state_that_cannot_be_removed_is_one_sentence(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left would be loaded, although it is older than what callers have seen."""
    old = localcloud.folder(project) / "state" / "s3.json"
    old.parent.mkdir()
    old.write_text("{}")

    def refuse(path: Path, *, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            raise PermissionError(1, "Operation not permitted", str(path))

    monkeypatch.setattr("localcloud.folders.shutil.rmtree", refuse)
    with pytest.raises(MachineProblem, match=r"state cannot be removed: Operation not permitted") as refused:
        localcloud.up(project)
    assert refused.value.fix == "remove it as its owner or as root"


def test_localstack_starts_where_its_files_cannot_be_removed(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """It loads nothing from them."""
    place = localcloud.folder(project, LOCALSTACK)
    cache = place / "files" / "var" / "lib" / "localstack" / "cache"
    cache.mkdir(parents=True)
    (cache / "catalogue").write_text("of services")
    (place / "files" / "kept").write_text("by somebody")
    monkeypatch.setattr("localcloud.folders.shutil.rmtree", lambda *_, **__: None)
    for _ in range(2):
        LocalStack(place, project).sweep()
        assert (cache / "catalogue").read_text() == "of services"
