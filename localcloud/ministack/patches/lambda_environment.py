"""A handler's environment variables and import path match those on AWS.

MiniStack leaves out `_HANDLER`, `AWS_EXECUTION_ENV`, `AWS_LAMBDA_LOG_GROUP_NAME` and `TZ`, passes its own settings to
handlers, and puts layers and its own folder before the function's code on `sys.path`. AWS (Lambda Developer Guide,
"Working with Lambda environment variables" and "Working with layers for Python Lambda functions") sets these variables,
and imports from the function's code first. The patch adds the variables to the function's own; the worker removes
MiniStack's settings and reorders the path.
"""

from __future__ import annotations

import copy
from typing import Any

from localcloud.ministack.probing import Endpoint
from localcloud.ministack.support import worker_script

EFFECT = "`_HANDLER`, `AWS_EXECUTION_ENV`, log group, UTC; the function's code before its layers"

_ENGINE_SETTINGS = (
    "BIND_HOST",
    "GATEWAY_PORT",
    "MINISTACK_REGION",
    "IOT_MTLS_ENABLED",
    "SFTP_ENABLED",
    "AUTH",
    "LAMBDA_ASYNC_RETRY_BASE_SECONDS",
    "PERSIST_STATE",
    "STATE_DIR",
    "S3_PERSIST",
    "S3_DATA_DIR",
    "PYTHONUNBUFFERED",
)

_WORKER_CODE = f"""
import os as _os

for _name in {_ENGINE_SETTINGS!r}:
    _os.environ.pop(_name, None)

_install_invoke_depth = _ms_install_invoke_depth

def _ms_install_invoke_depth():
    import os, sys

    code = os.getcwd()  # MiniStack starts a worker in the function's code
    own = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [code] + [entry for entry in sys.path if entry not in (code, own)]
    _install_invoke_depth()
"""


def apply() -> None:
    """Patch the start of a worker."""
    from ministack.core import lambda_runtime as runtime

    spawn = runtime.Worker._spawn

    def spawning(worker: Any) -> Any:
        config = worker.config
        worker.config = copy.deepcopy(config)
        variables = worker.config.setdefault("Environment", {}).setdefault("Variables", {})
        variables.update(_variables(config))
        try:
            return spawn(worker)
        finally:
            worker.config = config

    worker_script.insert(_WORKER_CODE)
    runtime.Worker._spawn = spawning


def _variables(config: dict[str, Any]) -> dict[str, str]:
    """Return the reserved variables that MiniStack does not set."""
    logging = config.get("LoggingConfig") or {}
    return {
        "_HANDLER": config.get("Handler", ""),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.get('Runtime', '')}",
        "AWS_LAMBDA_LOG_GROUP_NAME": logging.get("LogGroup") or f"/aws/lambda/{config.get('FunctionName', '')}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "TZ": ":UTC",
    }


def probe(aws: Endpoint) -> bool:
    """Import a module that the function and its layer both have, and return the environment."""
    code = "import os, both\ndef handler(event, context):\n    return [both.NAME, dict(os.environ)]"
    layer = aws("lambda").publish_layer_version(
        LayerName=aws.name(), Content={"ZipFile": aws.zipped({"python/both.py": "NAME = 'layer'"})}
    )
    function = aws.function(code, Layers=[layer["LayerVersionArn"]])
    files = {"index.py": code, "both.py": "NAME = 'function'"}
    aws("lambda").update_function_code(FunctionName=function, ZipFile=aws.zipped(files))
    source, environment = aws.invoke(function)
    return (
        source == "function"
        and environment.get("_HANDLER") == "index.handler"
        and environment.get("AWS_EXECUTION_ENV") == "AWS_Lambda_python3.13"
        and environment.get("AWS_LAMBDA_LOG_GROUP_NAME") == "/aws/lambda/" + function.rpartition(":")[2]
        and "STATE_DIR" not in environment
    )
