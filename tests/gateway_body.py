"""What API Gateway is given: the contract as Terraform renders it, without a plan."""

from __future__ import annotations

import base64
import functools
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import yaml

from tools.project import find_project

METHODS = ("get", "put", "post", "delete", "patch", "head")
# Locals and variables alone: Terraform needs no provider to evaluate them.
_READ = ("openapi.yaml", "variables.tf", "body.tf", "gateway-responses.tf")


@functools.cache
def contract() -> dict[str, Any]:
    """Return the contract as it is written."""
    found: dict[str, Any] = yaml.safe_load(find_project().contract.read_text(encoding="utf-8"))
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return path, method and description of every operation that a function answers."""
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


@functools.cache
def gateway_body(
    *, cors_origin: str = "https://app.example.com", anonymous_reads: bool = False, uri: str = "invoke:{function}"
) -> dict[str, Any]:
    """Return the rendered body, which the next caller is given too.

    Parameters
    ----------
    uri
        What a function is invoked by; `{function}` stands for its name.

    Raises
    ------
    AssertionError
        When Terraform cannot render it; the message is Terraform's.
    """
    names = {operation["x-function"] for *_, operation in operations(contract())} | {"rest-authorizer"}
    variables = {
        "prefix": "starter-test",
        "cors_origin": cors_origin,
        "clients": [],
        "anonymous_reads": anonymous_reads,
        "functions": {
            name: {"name": name, "alias": {"name": "live", "arn": name, "invoke_uri": uri.replace("{function}", name)}}
            for name in names
        },
    }
    with tempfile.TemporaryDirectory() as folder:
        for name in _READ:
            shutil.copy(find_project().contract.parent / name, folder)
        Path(folder, "variables.auto.tfvars.json").write_text(json.dumps(variables), encoding="utf-8")
        done = subprocess.run(
            ["terraform", "console", "-no-color"],
            cwd=folder,
            input="base64encode(local.body)\n",
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    body: dict[str, Any] = json.loads(base64.b64decode(done.stdout.strip().strip('"')))
    return body
