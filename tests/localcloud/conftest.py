"""Emulators for these tests: one with our patches, one without, and projects to start others."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import localcloud
from localcloud import MINISTACK, ports, process
from localcloud.instance import ask
from localcloud.ministack.engine import MiniStack
from tests.localcloud.aws import Aws
from tools.project import Project

SECRET = "of-the-parent"
_UNPATCHED = """
import time
nap = time.sleep
time.sleep = lambda seconds: nap(1 if seconds == 60 else seconds)  # the sweep for expired items, once a minute
from localcloud.ministack import launcher
launcher.apply_all = lambda: None
launcher.main()
"""
_WITHOUT_REDRIVES = """
from localcloud.ministack import launcher, patches
launcher.apply_all = lambda: patches.apply_all(leave_out=["queue_redrive"])
launcher.main()
"""
_ACCELERATED = """
import time
from ministack.services import eventbridge, scheduler
start = time.time()
eventbridge._now_ts = lambda: start + 60 * (time.time() - start)
eventbridge._SCHEDULER_TICK_INTERVAL = scheduler._SCHEDULE_TICK_INTERVAL = 0.1
from localcloud.ministack import launcher
launcher.main()
"""


def free_project(root: Path, engine: str = MINISTACK) -> Project:
    """Return a new checkout whose engine does not use the usual port."""
    project = Project(root)
    localcloud.folder(project, engine).mkdir(parents=True, exist_ok=True)
    ports.keep(localcloud.folder(project, engine) / "ports.json", "aws", ports.any_free())
    return project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = free_project(tmp_path)
    yield made
    localcloud.down(made)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The checkout of the shared local cloud; it is started by a parent with a secret in its environment."""
    made = free_project(tmp_path_factory.mktemp("cloud"))
    os.environ["PARENTS_SECRET"] = SECRET
    try:
        localcloud.up(made)
        yield made
    finally:
        del os.environ["PARENTS_SECRET"]
        localcloud.down(made)


@pytest.fixture
def cloud(shared: Project) -> localcloud.Cloud:
    """The shared local cloud, started if necessary."""
    return localcloud.up(shared)


@pytest.fixture(scope="session")
def aws(shared: Project) -> Aws:
    def restart() -> None:
        localcloud.down(shared)
        localcloud.up(shared)

    return Aws(localcloud.up(shared).url, restart)


@pytest.fixture(scope="session")
def unpatched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """MiniStack without patches, except for the instance address; its sweep for expired items runs every second."""
    with _started(tmp_path_factory.mktemp("unpatched"), _UNPATCHED) as made:
        yield made


@pytest.fixture
def accelerated(tmp_path: Path) -> Iterator[Aws]:
    """The local cloud, for whose rules a second lasts a minute."""
    with _started(tmp_path, _ACCELERATED) as made:
        yield made


@pytest.fixture
def without_redrives(tmp_path: Path) -> Iterator[Aws]:
    """The local cloud without one of its patches."""
    with _started(tmp_path, _WITHOUT_REDRIVES) as made:
        yield made


@contextlib.contextmanager
def _started(root: Path, program: str) -> Iterator[Aws]:
    """Run a program that serves like the launcher."""
    folder = localcloud.folder(Project(root))
    engine, port = MiniStack(folder, Project(root)), ports.any_free()
    children: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        (folder / "tmp").mkdir(parents=True, exist_ok=True)
        with (root / "log").open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-c", program, str(root), str(Project(root).access_key), str(folder / "clean")],
                cwd=Path(__file__).parents[2],
                env=engine._environment(port),
                stdout=log,
                stderr=log,
            )
        children.append(child)
        until(lambda: (answer := ask(port)) and answer.ready)

    def stop() -> None:
        process.end(children[-1].pid, process.start_time(children[-1].pid) or "", patience_s=10)
        engine.sweep()

    def restart() -> None:
        stop()
        start()

    try:
        start()
        yield Aws(engine.endpoint(port), restart)
    finally:
        stop()


def until(holds: Callable[[], object], deadline_s: float = 20) -> None:
    """Poll until the condition is true."""
    end = time.monotonic() + deadline_s
    while not holds():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)
