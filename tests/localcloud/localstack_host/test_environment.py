"""The environment of a handler."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from localcloud.localstack.host.environment import Folders, compose

FOLDERS = Folders(task=Path("/t"), layers=Path("/l"), runtime=Path("/r"), own=Path("/o"))
GIVEN: dict[str, object] = {
    "AWS_REGION": "eu-west-1",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": 512,
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
    "AWS_LAMBDA_LOG_LEVEL": "Info",
    "AWS_EXECUTION_ENV": "AWS_Lambda_rapid",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "LAMBDA_TASK_ROOT": "/var/task",
    "EDGE_PORT": "1",
    "LOCALSTACK_HOSTNAME": "127.0.0.1",
    "LOCALSTACK_RUNTIME_ENDPOINT": "",
    "AWS_LAMBDA_FUNCTION_TIMEOUT": 3,
    "TABLE": "items",
}


def composed(own: dict[str, str] | None = None, **logging: str) -> dict[str, Any]:
    return compose(
        GIVEN | (own or {}), own or {"TABLE": "items"}, FOLDERS, runtime="python3.13", path="/bin", logging=logging
    )


def test_it_holds_what_aws_sets_and_the_functions_own() -> None:
    assert composed() == {
        "AWS_REGION": "eu-west-1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "LAMBDA_TASK_ROOT": "/t",
        "LAMBDA_RUNTIME_DIR": "/r",
        "LANG": "en_US.UTF-8",
        "PATH": os.pathsep.join(["/bin", "/l/bin"]),
        "LD_LIBRARY_PATH": os.pathsep.join(["/t", "/t/lib", "/l/lib"]),
        "PYTHONPATH": "/r",
        "TZ": ":UTC",
        "HOME": "/o/home",
        "TMPDIR": "/o/tmp",
        "TABLE": "items",
    }


def test_a_function_sets_what_is_not_reserved() -> None:
    own = {"LD_LIBRARY_PATH": "/mine", "LOCALSTACK_HOSTNAME": "mine", "TMPDIR": "/not", "LAMBDA_TASK_ROOT": "/not"}
    variables = composed(own)
    assert variables["LD_LIBRARY_PATH"] == "/mine"
    assert variables["LOCALSTACK_HOSTNAME"] == "mine"
    assert variables["TMPDIR"] == "/o/tmp"
    assert variables["LAMBDA_TASK_ROOT"] == "/t"


def test_the_log_configuration_is_in_the_environment() -> None:
    variables = composed(LogGroup="/custom", LogFormat="JSON", ApplicationLogLevel="DEBUG")
    assert variables["AWS_LAMBDA_LOG_GROUP_NAME"] == "/custom"
    assert variables["AWS_LAMBDA_LOG_FORMAT"] == "JSON"
    assert variables["AWS_LAMBDA_LOG_LEVEL"] == "DEBUG"
    assert "AWS_LAMBDA_LOG_FORMAT" not in composed(LogFormat="Text")
