"""LocalStack's executor for functions, implemented with processes.

LocalStack decides how many environments a version has, which of them is free, and when one has been idle for too long;
an executor is one environment. Aliases, versions, reserved and provisioned concurrency, retries, destinations and event
source mappings are LocalStack's own.
"""

from __future__ import annotations

import base64
import os
import platform
import shutil
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from localcloud.localstack.host import environment, layers
from localcloud.localstack.host.log_delivery import LogDelivery, Stream
from localcloud.localstack.host.log_events import as_text
from localcloud.localstack.host.platform_log import PlatformLog
from localcloud.localstack.host.runtime_api import Invocation, now_ms
from localcloud.localstack.host.sandbox import Limits, Sandbox
from localcloud.localstack.host.worker import Program

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Settings:
    """Settings that all environments share.

    Parameters
    ----------
    python
        The interpreter that runs functions.
    runtime
        Folder of the packages of AWS's runtime.
    folder
        Where the folders of environments are.
    delivery
        Sends log events to CloudWatch Logs.
    """

    python: str
    runtime: Path
    folder: Path
    delivery: LogDelivery


class ProcessExecutor(RuntimeExecutor):  # type: ignore[misc]
    """One execution environment, with LocalStack's interface."""

    settings: ClassVar[Settings]
    _living: ClassVar[set[ProcessExecutor]] = set()
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, id: str, function_version: Any) -> None:
        super().__init__(id, function_version)
        self._own = self.settings.folder / id
        self._sandbox: Sandbox | None = None
        self._stream: Stream | None = None
        self.client_context = ""

    @classmethod
    def prepare_version(cls, function_version: Any) -> None:
        """Unpack code and layers; what cannot run here sets the version's state to `Failed`, with the reason."""
        config = function_version.config
        if config.package_type != "Zip" or not config.code:
            raise NotImplementedError("functions run as processes here, so only zip packages are supported")
        if config.runtime != RUNTIME:
            raise NotImplementedError(f"functions run in {RUNTIME} here, not in {config.runtime}")
        here = _ARCHITECTURES[platform.machine().lower()]
        if here not in config.architectures:
            raise NotImplementedError(f"functions run on {here} here, not on {', '.join(config.architectures)}")
        config.code.prepare_for_execution()
        for layer in config.layers or ():
            layer.code.prepare_for_execution()
        cls._layers(config)

    @classmethod
    def cleanup_version(cls, function_version: Any) -> None:
        """Keep the unpacked code: LocalStack removes it with the version."""

    @classmethod
    def stop_all(cls) -> None:
        """End every environment."""
        for executor in tuple(cls._living):
            executor.stop()

    def start(self, env_vars: dict[str, Any]) -> None:
        """Start the process; a failure is reported by the first call, or at once for provisioned concurrency."""
        config = self.function_version.config
        folders = environment.Folders(
            task=Path(config.code.get_unzipped_code_location()),
            layers=self._layers(config),
            runtime=self.settings.runtime,
            own=self._own,
        )
        for folder in (folders.tmp, folders.home):
            folder.mkdir(parents=True, exist_ok=True)
        variables = environment.compose(
            env_vars,
            config.environment or {},
            folders,
            runtime=RUNTIME,
            path=os.environ.get("PATH", os.defpath),
            logging=config.logging_config,
        )
        self._stream = Stream(
            account=self.function_version.id.account,
            region=self.function_version.id.region,
            group=variables["AWS_LAMBDA_LOG_GROUP_NAME"],
            name=variables["AWS_LAMBDA_LOG_STREAM_NAME"],
        )
        command: tuple[str, ...] = (
            self.settings.python,
            "-S",
            "-P",
            str(_BOOTSTRAP),
            config.handler,
            str(folders.layers),
        )
        wrapper = variables.get("AWS_LAMBDA_EXEC_WRAPPER")
        if wrapper:
            command = (wrapper.replace("/opt/", f"{folders.layers}/", 1), *command)
        self._sandbox = Sandbox(
            Program(command, folders.task, variables),
            Limits(timeout_s=float(config.timeout), memory_mb=int(config.memory_size)),
            PlatformLog(
                version=self.function_version.id.qualifier,
                as_json=config.logging_config.get("LogFormat") == "JSON",
                level=config.logging_config.get("SystemLogLevel") or "INFO",
                now_ms=now_ms,
            ),
        )
        with self._lock:
            self._living.add(self)
        failure = self._sandbox.start()
        if failure and variables.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "provisioned-concurrency":
            raise StatusErrorException("Environment startup failed", payload=failure.payload)

    def stop(self) -> None:
        """End the process, and remove its files."""
        with self._lock:
            self._living.discard(self)
        if self._sandbox:
            self._sandbox.stop()
        shutil.rmtree(self._own, ignore_errors=True)

    def invoke(self, payload: dict[str, str]) -> Any:
        """Call the function, and deliver its log."""
        if self._sandbox is None or self._stream is None:
            raise RuntimeError("start the environment before calling it")
        result = self._sandbox.invoke(
            Invocation(
                request_id=payload["invoke-id"],
                payload=payload["payload"].encode(),
                arn=payload["invoked-function-arn"],
                trace=payload.get("trace-id") or "",
                client_context=self.client_context,
            )
        )
        self.settings.delivery.put(self._stream, result.events)
        return InvocationResult(
            payload["invoke-id"], result.answer.payload, is_error=result.answer.error, logs=as_text(result.events)
        )

    def get_address(self) -> str:
        """Return the address of the environment."""
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        """Return the address of LocalStack as the environment sees it: the host of `AWS_ENDPOINT_URL`."""
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        """Return nothing: no part of LocalStack runs in the environment and calls back."""
        return ""

    def get_logs(self) -> str:
        """Return nothing: all output has gone to the log group."""
        return ""

    @classmethod
    def _layers(cls, config: Any) -> Path:
        folders = [Path(layer.code.get_unzipped_code_location()) for layer in config.layers or ()]
        with cls._lock:
            return layers.merged(folders, cls.settings.folder / "layers")


def install(settings: Settings) -> Callable[[], type[ProcessExecutor]]:
    """Adapt LocalStack to environments that deliver their own logs; return what loads the executor."""
    from localstack.services.lambda_.invocation import logs
    from localstack.services.lambda_.invocation.execution_environment import ExecutionEnvironment

    ProcessExecutor.settings = settings
    invoke = ExecutionEnvironment.invoke

    def invoking(self: Any, invocation: Any) -> Any:
        # LocalStack leaves the client context out of what it passes to an executor.
        self.runtime_executor.client_context = base64.b64decode(invocation.client_context or "").decode()
        return invoke(self, invocation)

    def nothing(*_: object) -> None:
        """Do nothing: environments deliver their log events themselves."""

    ExecutionEnvironment.invoke = invoking
    logs.LogHandler.start_subscriber = nothing
    logs.LogHandler.add_logs = nothing
    return lambda: ProcessExecutor
