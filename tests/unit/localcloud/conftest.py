"""Emulators for these tests: one with our patches, one without, and projects to start more in."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.localcloud.aws import Aws
from tools import localcloud
from tools.localcloud import ports, process
from tools.localcloud.ministack import MiniStack, ask
from tools.project import Project

SECRET = "of-the-parent"
_UNPATCHED = "from tools.localcloud import launcher, patches; patches.PATCHES = (); launcher.main()"


def free_project(root: Path) -> Project:
    """Return a checkout of its own, whose port is not the usual one."""
    project = Project(root)
    localcloud.folder(project).mkdir(parents=True, exist_ok=True)
    ports.keep(localcloud.folder(project) / "ports.json", "aws", ports.any_free())
    return project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = free_project(tmp_path)
    yield made
    localcloud.down(made)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[localcloud.Cloud]:
    """The local cloud, as people get it; started by a parent that has a secret in its environment."""
    project = free_project(tmp_path_factory.mktemp("cloud"))
    os.environ["PARENTS_SECRET"] = SECRET
    try:
        yield localcloud.up(project)
    finally:
        del os.environ["PARENTS_SECRET"]
        localcloud.down(project)


@pytest.fixture(scope="session")
def aws(cloud: localcloud.Cloud) -> Aws:
    return Aws(cloud.url)


@pytest.fixture(scope="session")
def unpatched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """MiniStack as it is, but for the address that tells the instance."""
    root = tmp_path_factory.mktemp("unpatched")
    folder = localcloud.folder(Project(root))
    (folder / "tmp").mkdir(parents=True)
    engine, port = MiniStack(folder, root), ports.any_free()
    with (root / "log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-c", _UNPATCHED, str(root), str(folder / "clean")],
            cwd=Path(__file__).parents[3],
            env=engine._environment(port),
            stdout=log,
            stderr=log,
        )
    try:
        until(lambda: (ask(port) or {}).get("ready"))
        yield Aws(engine.endpoint(port))
    finally:
        process.end(child.pid, process.start_time(child.pid) or "", patience_s=10)
        engine.sweep()


def until(holds: Callable[[], object], deadline_s: float = 20) -> None:
    """Poll until it holds."""
    end = time.monotonic() + deadline_s
    while not holds():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)
