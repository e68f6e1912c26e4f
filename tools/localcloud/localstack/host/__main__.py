"""The engine's process: `python -m tools.localcloud.localstack.host PROJECT`, in LocalStack's own interpreter.

Adds what is ours to LocalStack, serves until it is told to end, and leaves no process behind. Settings of LocalStack's
come in the environment; `TMPDIR` must name a folder that may be emptied.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from tools.errors import ToolError
from tools.localcloud import runtime_packages
from tools.localcloud.localstack.host import loopback, plugins, providers, stream_records, version
from tools.localcloud.localstack.host.instance import Instance

_OF_THE_RUNTIME = (*runtime_packages.DISTRIBUTIONS, "awslambdaric", "simplejson", "snapshot-restore-py")
_STOP_S = 5


def main() -> None:
    """Serve one checkout's LocalStack until SIGTERM."""
    (project,) = sys.argv[1:]
    version.check()
    folder = Path(tempfile.gettempdir()).resolve()
    os.chdir(folder)

    from localstack.runtime import events
    from localstack.runtime import main as runtime

    loopback.apply()
    _keep_objects_in(folder / "s3")
    stream_records.apply()
    stop = _run_functions_as_processes(folder)
    _add_providers()
    _mend_gateway()
    Instance(project=project, version=f"localstack {version.VERSION}", ready=events.infra_ready.is_set).install()
    try:
        runtime.main()
    finally:
        stop()


def _keep_objects_in(folder: Path) -> None:
    """Keep S3's objects with the other temporary files; LocalStack names a folder outside of `TMPDIR`."""
    from localstack.services.s3 import provider

    provider.DEFAULT_S3_TMP_DIR = str(folder)


def _add_providers() -> None:
    from localstack.services.plugins import SERVICE_PLUGINS

    plugins.add(SERVICE_PLUGINS.plugin_manager, *providers.specs())


def _run_functions_as_processes(folder: Path) -> Any:
    """Make processes the executor that LocalStack finds; return what ends them all."""
    from localstack.aws.connect import connect_to
    from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
    from localstack.services.lambda_.invocation.runtime_executor import EXECUTOR_PLUGIN_MANAGER
    from plux import PluginSpec

    from tools.localcloud.localstack.host import executor
    from tools.localcloud.localstack.host.log_delivery import LogDelivery

    runtime_packages.link(folder / "runtime", _OF_THE_RUNTIME)
    delivery = LogDelivery(lambda account, region: connect_to(aws_access_key_id=account, region_name=region).logs)
    load = executor.install(
        executor.Settings(
            python=getattr(sys, "_base_executable", sys.executable),
            runtime=folder / "runtime",
            folder=folder / "functions",
            delivery=delivery,
        )
    )

    class Plugin(RuntimeExecutorPlugin):  # type: ignore[misc]
        name = "process"

        def load(self, *_: Any, **__: Any) -> Any:
            return load()

    plugins.add(EXECUTOR_PLUGIN_MANAGER, PluginSpec(RuntimeExecutorPlugin.namespace, Plugin.name, Plugin))

    def stop() -> None:
        executor.ProcessExecutor.stop_all()
        delivery.close(patience_s=_STOP_S)

    return stop


def _mend_gateway() -> None:
    """Apply what is mended of the REST gateway."""
    name = "tools.localcloud.localstack.host.gateway"
    if importlib.util.find_spec(name) is not None:
        importlib.import_module(name).install()


if __name__ == "__main__":
    logging.captureWarnings(True)
    with contextlib.suppress(BrokenPipeError):
        try:
            main()
        except ToolError as problem:
            sys.exit(f"{problem.problem}\n{problem.mend}")
