"""One run at a time for an environment of a checkout: a second one waits, and not for ever."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tools.errors import TerraformProblem
from tools.project import Project
from tools.terminal.heartbeat import HEARTBEAT

WAIT_S = 300.0
"""How long a run waits for the one before it. A whole deployment to the local cloud takes one to three minutes."""

_POLL_S = 0.1


@contextmanager
def turn(project: Project, env: str, say: Callable[[str], None], wait_s: float | None = None) -> Iterator[None]:
    """Hold the environment for this run. The lock goes with the process, however that ends.

    Raises
    ------
    TerraformProblem
        Another run has not ended within `wait_s` seconds.
    """
    path = project.private_state() / "runs" / f"{env}.lock"
    path.parent.mkdir(exist_ok=True)
    limit = WAIT_S if wait_s is None else wait_s
    deadline = time.monotonic() + limit
    with path.open("a+", encoding="utf-8") as file:
        waiting = False
        with HEARTBEAT.doing(lambda: f"waiting for another run on {env}"):
            while not _locked(file.fileno()):
                file.seek(0)
                other = f"Another run is at work on {env} (process {file.read().strip() or 'unknown'})"
                if time.monotonic() >= deadline:
                    raise TerraformProblem(f"{other}, and has not ended within {limit:g} s.", "the same command later")
                if not waiting:
                    say(f"{other}: waiting up to {limit:g} s for it to end.")
                waiting = True
                time.sleep(_POLL_S)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
