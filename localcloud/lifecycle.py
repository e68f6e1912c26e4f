"""Start and stop the local clouds of a checkout."""

from __future__ import annotations

import contextlib
import fcntl
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from localcloud import engines, ports, process
from localcloud.checkout import Checkout
from localcloud.cloud import ACCOUNT, LOOPBACK, MINISTACK, REGION, Cloud, Engine, Health, Step, silently
from localcloud.engines import Kind, folder
from localcloud.errors import CloudProblem
from localcloud.guard import keys
from localcloud.guard.keys import AccessKey

_TICK_S = 0.02
_STOP_PATIENCE_S = 20.0
_LAST_LINES = 15


@dataclass(frozen=True)
class _Record:
    """The emulator that was started: its process id, its start time and its port."""

    pid: int
    started: str
    port: int

    @property
    def alive(self) -> bool:
        return process.runs(self.pid, self.started)


def up(project: Checkout, engine: str = MINISTACK, *, wait_s: float | None = None, step: Step = silently) -> Cloud:
    """Start a local cloud, unless it is running, and return it.

    Parameters
    ----------
    project
        The checkout. Its state folder holds everything, so several checkouts can run at once.
    engine
        The engine; both can run at once.
    wait_s
        How long it may take to answer, in seconds; the default depends on the engine. One that is running but does not
        answer in that time is restarted.
    step
        Shows what takes time: the installation, once, and the start.

    Raises
    ------
    UsageProblem
        There is no such engine.
    MachineProblem
        This machine lacks what the engine needs.
    CloudProblem
        Another version is installed, the port is taken, or it does not start in time.
    """
    kind, place = engines.kind(engine), folder(project, engine)
    key = keys.ensure(project.access_key)
    place.mkdir(parents=True, exist_ok=True)
    made = engines.make(project, engine)
    with _locked(place):
        running = _wait_for_answer(project, made, key, kind.wait_s if wait_s is None else wait_s)
        if running:
            return running
        made.check()
        made.prepare(step)
        with step(f"Starting {kind.title}"):
            _end_leftovers(place, made)
            return _start_on_a_port(project, kind, made, kind.wait_s if wait_s is None else wait_s)


def down(project: Checkout, engine: str = MINISTACK) -> bool:
    """Stop a local cloud, which saves its state; return whether it was running."""
    place = folder(project, engine)
    if not place.exists():
        return False
    with _locked(place):
        record = _read(place)
        ran = bool(record and record.alive)
        _end_leftovers(place, engines.make(project, engine))
        return ran


def status(project: Checkout, engine: str = MINISTACK) -> Cloud | None:
    """Return the running local cloud, or `None`; takes a millisecond or two."""
    record = _read(folder(project, engine))
    if record is None or not record.alive:
        return None
    made = engines.make(project, engine)
    health = made.health(record.port)
    key = keys.find(project.access_key)
    return _cloud(made, record, health, key) if key and _is_ours(health, made, project, key) else None


def _wait_for_answer(project: Checkout, engine: Engine, key: AccessKey, wait_s: float) -> Cloud | None:
    """Return the running local cloud once it answers; `None` when none runs, or it does not answer in time.

    A busy one may take seconds to answer. It is not killed for that: a deployment that uses it would lose its pending
    answers.
    """
    record = _read(folder(project, engine.name))
    deadline = time.monotonic() + wait_s
    while record and record.alive:
        health = engine.health(record.port)
        if _is_ours(health, engine, project, key):
            return _cloud(engine, record, health, key)
        if (health and health.ready) or time.monotonic() > deadline:
            break
        time.sleep(_TICK_S)
    return None


def _is_ours(health: Health | None, engine: Engine, project: Checkout, key: AccessKey) -> TypeGuard[Health]:
    """Return whether this engine of this checkout answered, accepts its key, and is ready."""
    return bool(
        health
        and health.ready
        and (health.engine, health.project, health.key) == (engine.name, str(project.root), key.fingerprint)
    )


def _start_on_a_port(project: Checkout, kind: Kind, engine: Engine, wait_s: float) -> Cloud:
    book = folder(project, kind.name) / "ports.json"
    port, fresh = ports.claim(book, "aws", kind)
    try:
        return _start(project, kind, engine, port, wait_s)
    except CloudProblem:
        if not fresh or ports.is_free(port):
            raise
    # Another checkout took the port after we looked; nothing depends on it yet.
    port = ports.any_free()
    ports.keep(book, "aws", port)
    return _start(project, kind, engine, port, wait_s)


def _start(project: Checkout, kind: Kind, engine: Engine, port: int, wait_s: float) -> Cloud:
    place, key = folder(project, kind.name), keys.ensure(project.access_key)
    pid = engine.start(port)
    record = _Record(pid, process.start_time(pid) or "", port)
    (place / "pid.json").write_text(json.dumps(record.__dict__) + "\n")
    deadline = time.monotonic() + wait_s
    while True:
        health = engine.health(port)
        if _is_ours(health, engine, project, key):
            return _cloud(engine, record, health, key)
        if not record.alive:
            _end_leftovers(place, engine)
            raise CloudProblem(f"{kind.heading} exited while starting.\n{_tail(engine.log)}", f"less {engine.log}")
        if time.monotonic() > deadline:
            _end_leftovers(place, engine)
            raise CloudProblem(
                f"{kind.heading} did not answer within {wait_s:g} s.\n{_tail(engine.log)}", f"less {engine.log}"
            )
        time.sleep(_TICK_S)


def _cloud(engine: Engine, record: _Record, health: Health, key: AccessKey) -> Cloud:
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
        engine=engine.name,
        key=key,
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
def _locked(place: Path) -> Iterator[None]:
    """Hold the checkout's lock, so that the second of two commands finds what the first one started."""
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
