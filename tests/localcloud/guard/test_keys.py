"""The checkout's access key, and who may read a checkout's private files."""

from __future__ import annotations

import json
import multiprocessing
import re
import stat
from pathlib import Path

import pytest

from localcloud.guard import keys
from localcloud.guard.keys import AccessKey
from tools.project import Project


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_key_is_created_once_and_has_aws_format(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert keys.find(project.access_key) is None
    key = keys.ensure(project.access_key)
    assert re.fullmatch("AKIA[A-Z2-7]{16}", key.id)
    assert len(key.secret) == 40
    assert keys.ensure(project.access_key) == keys.find(project.access_key) == key
    assert key.secret not in repr(key)


def test_each_checkout_has_its_own_key(tmp_path: Path) -> None:
    made = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made.add(keys.ensure(Project(tmp_path / name).access_key))
    assert len({key.id for key in made}) == len({key.fingerprint for key in made}) == 2


def test_a_fingerprint_depends_on_id_and_secret() -> None:
    assert len({AccessKey(*pair).fingerprint for pair in (("a", "b"), ("a", "c"), ("d", "b"))}) == 3


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    project = Project(tmp_path)
    keys.ensure(project.access_key)
    assert (mode(project.state), mode(project.access_key)) == (0o700, 0o600)


def test_an_open_folder_of_an_older_checkout_becomes_private(tmp_path: Path) -> None:
    project = Project(tmp_path)
    inner = project.state / "cloud" / "state"
    inner.mkdir(parents=True)
    project.state.chmod(0o755)
    for entry, opened in ((inner, 0o755), (inner.parent, 0o777)):
        entry.chmod(opened)
    (inner / "kept").write_text("x")
    (inner / "kept").chmod(0o664)
    (inner / "program").write_text("x")
    (inner / "program").chmod(0o755)
    (inner / "link").symlink_to(tmp_path / "gone")
    keys.ensure(project.access_key)
    assert [mode(entry) for entry in (project.state, inner.parent, inner)] == [0o700] * 3
    assert (mode(inner / "kept"), mode(inner / "program")) == (0o600, 0o700)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"id": "x"}', "not json"])
def test_a_file_without_a_key_is_replaced(tmp_path: Path, content: str) -> None:
    project = Project(tmp_path)
    project.private_state()
    project.access_key.write_text(content)
    key = keys.ensure(project.access_key)
    assert json.loads(project.access_key.read_text()) == {"id": key.id, "secret": key.secret}
    assert mode(project.access_key) == 0o600


def _made(root: Path) -> str:
    return keys.ensure(Project(root).access_key).id


def test_concurrent_processes_get_the_same_key(tmp_path: Path) -> None:
    Project(tmp_path).private_state()
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert len(set(pool.map(_made, [tmp_path] * 8, chunksize=1))) == 1
    assert [entry.name for entry in Project(tmp_path).state.iterdir()] == ["access-key.json"]
