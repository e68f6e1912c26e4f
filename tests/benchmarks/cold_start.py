"""One start of a function as AWS starts it: Python 3.13 and AWS's runtime interface client, measured in processor time.

AWS gives the initialisation a whole core, and an invocation a share of one by the function's memory: 1,769 MB stand for
one (Lambda Developer Guide, "Configure Lambda function memory"; "Lambda execution environment lifecycle").
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.localstack.host.runtime_api import Invocation, RuntimeApi, now_ms

MB_OF_A_CORE = 1769
PATIENCE_S = 60


class DidNotAnswer(Exception):
    """The function did not start, or did not give the expected answer."""


@dataclass(frozen=True)
class Code:
    """An unpacked function.

    Parameters
    ----------
    task, layers
        Its code and its layers: `/var/task` and `/opt` on AWS.
    handler
        As Lambda is told, such as `crud_api.get_item.handler`.
    memory_mb
        Its memory.
    """

    task: Path
    layers: Path
    handler: str
    memory_mb: int


@dataclass(frozen=True)
class Took:
    """Processor seconds of one start: until it asked for its first event, and then until it had answered that."""

    init: float
    first: float

    def answer_after(self, memory_mb: int) -> float:
        """Return the modelled seconds from the start to the first answer, waiting for others left out."""
        return self.init + self.first / min(1.0, memory_mb / MB_OF_A_CORE)


def unpack(archives: list[Path], folder: Path) -> Path:
    """Unpack zips over one another."""
    for archive in archives:
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(folder)
    return folder


@dataclass(frozen=True)
class Machine:
    """What every function starts with.

    Parameters
    ----------
    python
        The interpreter.
    runtime
        Folder of the packages that AWS's runtime brings.
    environment
        Where the functions find AWS, and their own variables.
    """

    python: Path
    runtime: Path
    environment: Mapping[str, str]


def start(code: Code, machine: Machine, event: Mapping[str, Any], status: int) -> Took:
    """Start a function, send it one event, end it, and return what that took.

    Parameters
    ----------
    code, machine
        What is started, and with what.
    event
        What it is called with.
    status
        What the answer's `statusCode` has to be; 0 where it has none.

    Raises
    ------
    DidNotAnswer
        It failed, or answered otherwise.
    """
    api = RuntimeApi()
    process = subprocess.Popen(
        [str(machine.python), "-S", "-P", str(_BOOTSTRAP), code.handler, str(code.layers)],
        cwd=code.task,
        env={
            **machine.environment,
            "PATH": os.defpath,
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "PYTHONPATH": str(machine.runtime),
            "LAMBDA_TASK_ROOT": str(code.task),
            "LAMBDA_RUNTIME_DIR": str(machine.runtime),
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_FUNCTION_NAME": code.handler.rpartition(".")[0],
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(code.memory_mb),
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "_HANDLER": code.handler,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        return _measure(process, api, event, status)
    except DidNotAnswer as problem:
        process.kill()
        said = (process.stdout.read() if process.stdout else b"").decode(errors="replace")
        raise DidNotAnswer(f"{code.handler}: {problem}\n{said[-3000:]}") from None
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()
        api.close()


def _measure(process: subprocess.Popen[bytes], api: RuntimeApi, event: Mapping[str, Any], status: int) -> Took:
    if not api.wait_ready(PATIENCE_S):
        raise DidNotAnswer(f"it did not start: {api.init_error}")
    init = _processor_seconds(process.pid)
    invocation = Invocation(str(uuid.uuid4()), json.dumps(event).encode(), "arn:aws:lambda:eu-west-1:0:function:cold")
    api.send(invocation, deadline_ms=now_ms() + PATIENCE_S * 1000)
    answer = api.wait(PATIENCE_S)
    total = _processor_seconds(process.pid)
    if answer is None or answer.error:
        raise DidNotAnswer(f"it failed: {answer}")
    if status and json.loads(answer.payload).get("statusCode") != status:
        raise DidNotAnswer(f"it answered {answer.payload[:500]!r}, not {status}")
    return Took(init, total - init)


def _processor_seconds(pid: int) -> float:
    """Return the processor time of another process, all its threads and those that have ended included.

    Linux numbers a process's clock by its id: the one's complement, and the kind in the lowest three bits
    (clock_getcpuclockid(3), kernel source: include/linux/posix-timers.h).
    """
    return time.clock_gettime((~pid << 3) | 2)


_BOOTSTRAP = Path(sys.modules["localcloud.localstack.host.runtime_api"].__file__ or "").with_name("bootstrap.py")
