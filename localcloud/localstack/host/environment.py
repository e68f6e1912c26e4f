"""The environment of a function's process: AWS's variables and the function's own, and nothing else.

AWS documents it in "Working with Lambda environment variables" (Lambda Developer Guide).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_OF_LOCALSTACK = ("EDGE_PORT", "AWS_LAMBDA_FUNCTION_TIMEOUT", "AWS_LAMBDA_LOG_LEVEL")
_PREFIX_OF_LOCALSTACK = "LOCALSTACK_"


@dataclass(frozen=True)
class Folders:
    """The folders of a function's process.

    Parameters
    ----------
    task
        Its unpacked code: `/var/task` on AWS.
    layers
        Its merged layers: `/opt` on AWS.
    runtime
        The packages of AWS's runtime: `/var/runtime` on AWS.
    own
        A folder for this process only, removed with it.
    """

    task: Path
    layers: Path
    runtime: Path
    own: Path

    @property
    def tmp(self) -> Path:
        """The only folder that a function may write to: `/tmp` on AWS."""
        return self.own / "tmp"

    @property
    def home(self) -> Path:
        """An empty folder, so that no AWS profile is read."""
        return self.own / "home"


def compose(
    given: Mapping[str, object],
    own: Mapping[str, str],
    folders: Folders,
    *,
    runtime: str,
    path: str,
    logging: Mapping[str, str],
) -> dict[str, str]:
    """Return the whole environment of a function's process.

    Parameters
    ----------
    given
        What LocalStack would give a container: AWS's variables, its own, and the function's, which override both.
    own
        The variables in the function's configuration.
    folders
        The folders of the process.
    runtime
        The runtime's identifier, such as `python3.13`.
    path
        The `PATH` of this machine, so that programs are found.
    logging
        The function's `LoggingConfig`.
    """
    theirs = {
        name: str(value)
        for name, value in given.items()
        if name not in _OF_LOCALSTACK and not name.startswith(_PREFIX_OF_LOCALSTACK) and value is not None
    }
    unreserved = {
        "LANG": "en_US.UTF-8",
        "PATH": os.pathsep.join([path, str(folders.layers / "bin")]),
        "LD_LIBRARY_PATH": os.pathsep.join(
            str(folder) for folder in (folders.task, folders.task / "lib", folders.layers / "lib")
        ),
        "PYTHONPATH": str(folders.runtime),
        "TZ": ":UTC",
        "HOME": str(folders.home),
    }
    reserved = {
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
        "LAMBDA_TASK_ROOT": str(folders.task),
        "LAMBDA_RUNTIME_DIR": str(folders.runtime),
        "TMPDIR": str(folders.tmp),
    }
    if logging.get("LogGroup"):
        reserved["AWS_LAMBDA_LOG_GROUP_NAME"] = logging["LogGroup"]
    if logging.get("LogFormat") == "JSON":
        reserved["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        reserved["AWS_LAMBDA_LOG_LEVEL"] = logging.get("ApplicationLogLevel") or "INFO"
    return theirs | unreserved | dict(own) | reserved
