"""Starting and stopping the local cloud of one checkout."""

from __future__ import annotations

import contextlib
import fcntl
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.errors import CloudProblem
from tools.localcloud import ports, process
from tools.localcloud.cloud import ACCOUNT, LOOPBACK, REGION, Cloud, Engine, Health
from tools.localcloud.ministack.engine import MiniStack
from tools.project import Project

USUAL_PORT = 4566
_TICK_S = 0.02
_STOP_PATIENCE_S = 20.0
_LAST_LINES = 15


@dataclass(frozen=True)
class _Record:
    """The emulator that was started: its process, by id and start time, and its port."""

    pid: int
    started: str
    port: int

    @property
    def alive(self) -> bool:
        return process.runs(self.pid, self.started)


def folder(project: Project) -> Path:
    """Return where everything of a checkout's local cloud is kept."""
    return project.state / "cloud"


def up(project: Project, *, wait_s: float = 30) -> Cloud:
    """Start the local cloud, unless it runs, and return it.

    Parameters
    ----------
    project
        The checkout; its state folder holds everything, so several checkouts stand side by side.
    wait_s
        How long it may take to answer, in seconds.

    Raises
    ------
    CloudProblem
        Another version is installed, the port is taken, or it does not start in time.
    """
    place = folder(project)
    place.mkdir(parents=True, exist_ok=True)
    engine = _engine(project)
    with _alone(place):
        running = status(project)
        if running:
            return running
        engine.check()
        _end_leftovers(place, engine)
        port, fresh = ports.claim(place / "ports.json", "aws", USUAL_PORT)
        try:
            return _start(project, engine, port, wait_s)
        except CloudProblem:
            if not fresh or ports.is_free(port):
                raise
        # Another checkout took the port between our look and our start; nothing remembers it yet.
        port = ports.any_free()
        ports.keep(place / "ports.json", "aws", port)
        return _start(project, engine, port, wait_s)


def down(project: Project) -> bool:
    """Stop the local cloud, which saves its state, and return whether it ran."""
    place = folder(project)
    if not place.exists():
        return False
    engine = _engine(project)
    with _alone(place):
        record = _read(place)
        ran = bool(record and record.alive)
        _end_leftovers(place, engine)
        return ran


def status(project: Project) -> Cloud | None:
    """Return the running local cloud, or `None`; one cheap call."""
    record = _read(folder(project))
    if record is None or not record.alive:
        return None
    engine = _engine(project)
    health = engine.health(record.port)
    if health is None or not health.ready or health.project != str(project.root):
        return None
    return _cloud(engine, record, health)


def _engine(project: Project) -> Engine:
    return MiniStack(folder(project), project.root)


def _start(project: Project, engine: Engine, port: int, wait_s: float) -> Cloud:
    place = folder(project)
    pid = engine.start(port)
    record = _Record(pid, process.start_time(pid) or "", port)
    (place / "pid.json").write_text(json.dumps(record.__dict__) + "\n")
    deadline = time.monotonic() + wait_s
    while True:
        health = engine.health(port)
        if health and health.ready and health.project == str(project.root):
            return _cloud(engine, record, health)
        if not record.alive:
            _end_leftovers(place, engine)
            raise CloudProblem(f"The local cloud ended while it started.\n{_tail(engine.log)}", f"less {engine.log}")
        if time.monotonic() > deadline:
            _end_leftovers(place, engine)
            raise CloudProblem(
                f"The local cloud did not answer within {wait_s:g} s.\n{_tail(engine.log)}", f"less {engine.log}"
            )
        time.sleep(_TICK_S)


def _cloud(engine: Engine, record: _Record, health: Health) -> Cloud:
    return Cloud(
        url=engine.endpoint(record.port),
        host=LOOPBACK,
        port=record.port,
        region=REGION,
        account=ACCOUNT,
        pid=record.pid,
        instance_id=health.instance_id,
        log=engine.log,
        version=health.version,
    )


def _end_leftovers(place: Path, engine: Engine) -> None:
    record = _read(place)
    if record and record.alive:
        engine.stop(record.pid, patience_s=_STOP_PATIENCE_S)
    engine.sweep()
    (place / "pid.json").unlink(missing_ok=True)


def _read(place: Path) -> _Record | None:
    try:
        return _Record(**json.loads((place / "pid.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _tail(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-_LAST_LINES:])


@contextlib.contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Hold the checkout's lock: of two commands at once, the second finds what the first one started."""
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
