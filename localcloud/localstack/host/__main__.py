"""The engine's process: `python -m localcloud.localstack.host PROJECT`, in LocalStack's own interpreter.

Adds our extensions to LocalStack, serves until SIGTERM, and leaves no process behind. LocalStack's settings come from
the environment; everything in `TMPDIR` may be removed once it has exited.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from localcloud import runtime_packages
from localcloud.errors import ToolError
from localcloud.guard import keys
from localcloud.localstack.host import (
    emptied_layers,
    guard,
    loopback,
    managed_keys,
    plugins,
    providers,
    repeated_calls,
    stream_records,
    transactions,
    version,
)
from localcloud.localstack.host.instance import Instance

_OF_THE_RUNTIME = (*runtime_packages.DISTRIBUTIONS, "awslambdaric", "simplejson", "snapshot-restore-py")


def main() -> None:
    """Serve the LocalStack of one checkout until SIGTERM."""
    project, access_key = sys.argv[1:]
    version.check()
    key, own_secret = keys.ensure(Path(access_key)), guard.make_calls_to_itself_secret()
    folder = Path(tempfile.gettempdir()).resolve()
    os.chdir(folder)
    _keep_plugins_index()

    from localstack.runtime import events
    from localstack.runtime import main as runtime

    loopback.apply()
    _keep_objects_in(folder / "s3")
    stream_records.apply()
    transactions.apply()
    emptied_layers.apply()
    managed_keys.apply()
    repeated_calls.apply()
    _end_at_once(_run_functions_as_processes(folder))
    _add_providers()
    _patch_gateway()
    Instance(
        project=project,
        version=f"localstack-core {version.VERSION}",
        key=key.fingerprint,
        ready=events.infra_ready.is_set,
    ).install()
    guard.install(key, own_secret, int(os.environ["GATEWAY_LISTEN"].rpartition(":")[2]))
    runtime.main()


def _keep_plugins_index() -> None:
    """Let plux write its index of plugins to LocalStack's cache, which is kept, and not below HOME."""
    root = os.environ.get("FILESYSTEM_ROOT")
    if root:
        os.environ["XDG_CACHE_HOME"] = str(Path(root).resolve() / "var" / "lib" / "localstack" / "cache")


def _keep_objects_in(folder: Path) -> None:
    """Keep S3's objects with the other temporary files; by default LocalStack puts them outside `TMPDIR`."""
    from localstack.services.s3 import provider

    provider.DEFAULT_S3_TMP_DIR = str(folder)


def _end_at_once(stop: Callable[[], None]) -> None:
    """Exit on a signal without LocalStack's own shutdown, which waits up to ten seconds and has no state to save.

    Python runs signal handlers in the main thread, which is in the reactor's poll and would run them only at the next
    request; the wake-up descriptor is written to at once.
    """
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)

    def wait() -> None:
        while not {signal.SIGTERM, signal.SIGINT} & set(os.read(read, 64)):
            continue
        stop()
        os._exit(0)

    threading.Thread(target=wait, name="signals", daemon=True).start()


def _add_providers() -> None:
    from localstack.services.plugins import SERVICE_PLUGINS

    plugins.add(SERVICE_PLUGINS.plugin_manager, *providers.specs())


def _run_functions_as_processes(folder: Path) -> Callable[[], None]:
    """Make processes the executor that LocalStack finds; return a function that ends them all."""
    from localstack.aws.connect import connect_to
    from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
    from localstack.services.lambda_.invocation.runtime_executor import EXECUTOR_PLUGIN_MANAGER
    from plux import PluginSpec

    from localcloud.localstack.host import executor
    from localcloud.localstack.host.log_delivery import LogDelivery

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

    return executor.ProcessExecutor.stop_all


def _patch_gateway() -> None:
    """Apply the fixes of the REST gateway."""
    name = "localcloud.localstack.host.gateway"
    if importlib.util.find_spec(name) is not None:
        importlib.import_module(name).install()


if __name__ == "__main__":
    logging.captureWarnings(True)
    with contextlib.suppress(BrokenPipeError):
        try:
            main()
        except ToolError as problem:
            sys.exit(f"{problem.problem}\n{problem.fix}")
