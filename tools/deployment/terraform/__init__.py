"""The one way to Terraform.

Arguments are made by python-terraform; the process is ours, because python-terraform keeps the output until the end and
people want to see what is going on.
"""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from tools.deployment.terraform.problems import Diagnostic, explain
from tools.deployment.terraform.process import Event, Run
from tools.errors import MachineProblem, ToolError

Listener = Callable[[Event], None]

# Code comes from S3, so functions are made side by side: 13 of them take 8.6 s at 30, 14.5 s at Terraform's own 10.
PARALLELISM = 30

OLDEST = (1, 11)  # write-only arguments
_INSTALL = "install Terraform 1.11 or later: https://developer.hashicorp.com/terraform/install"

# A killed toolkit leaves a Terraform that ends as soon as it has something to say.
_LOCK_TIMEOUT = "30s"

_SETTLES_WITHIN_S = 15.0
_TICK_S = 0.1


def find_terraform(environ: Mapping[str, str]) -> str:
    """Return the path of `terraform`.

    Raises
    ------
    MachineProblem
        There is none on the PATH.
    """
    found = shutil.which("terraform", path=environ.get("PATH"))
    if found is None:
        raise MachineProblem("Terraform is not on the PATH.", _INSTALL)
    return found


def terraform_version(environ: Mapping[str, str]) -> str:
    """Return the version of the `terraform` on the PATH.

    Raises
    ------
    MachineProblem
        There is none, it does not run, or it is older than `OLDEST`.
    """
    path = find_terraform(environ)
    try:
        done = subprocess.run(
            [path, "version", "-json"], capture_output=True, text=True, check=False, timeout=20, env=dict(environ)
        )
        # A warning about the user's configuration may come first.
        version = str(json.loads(done.stdout[done.stdout.index("{") :])["terraform_version"])
        numbers = tuple(int(part) for part in version.split("-", maxsplit=1)[0].split(".")[:2])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        raise MachineProblem(f"{path} does not run.", _INSTALL) from None
    if numbers < OLDEST:
        raise MachineProblem(f"Terraform {version} is too old.", _INSTALL)
    return version


@dataclass
class Terraform:
    """Terraform in one folder, one workspace and one environment of variables.

    Parameters
    ----------
    root
        The folder with the root module.
    environ
        The whole environment of the process; `TF_WORKSPACE` in it chooses the workspace.
    emulated
        Whether AWS is an emulator here; it decides what an unreachable endpoint means.
    listener
        Called with each event of Terraform's machine-readable output, as it comes.
    """

    root: Path
    environ: Mapping[str, str]
    emulated: bool = False
    listener: Listener | None = None

    def init(self, arguments: list[str]) -> None:
        """Prepare the folder. `arguments` as from `tools.access.providers.init_arguments`."""
        terraform_version(self.environ)
        self._stream("init", self._command("init", input=False), extra=arguments)

    def plan(self, var_file: Path, out: Path, *, destroy: bool = False) -> bool:
        """Write a plan to `out`; return whether it changes anything."""
        options: dict[str, Any] = {
            "out": str(out),
            "var_file": str(var_file),
            "input": False,
            "lock_timeout": _LOCK_TIMEOUT,
        }
        if destroy:
            options["destroy"] = _flag()
        code = self._stream(
            "plan", self._command("plan", detailed_exitcode=_flag(), parallelism=PARALLELISM, **options), ok=(0, 2)
        )
        return code == 2

    def apply(self, plan: Path) -> None:
        """Apply a saved plan, unchanged."""
        self._stream(
            "apply", self._command("apply", str(plan), input=False, parallelism=PARALLELISM, lock_timeout=_LOCK_TIMEOUT)
        )

    def destroy(self, var_file: Path) -> None:
        """Destroy everything in the state."""
        options = {"var_file": str(var_file), "input": False, "auto_approve": True, "parallelism": PARALLELISM}
        options["lock_timeout"] = _LOCK_TIMEOUT
        self._stream("destroy", self._command("destroy", **options))

    def outputs(self) -> dict[str, Any]:
        """Return the outputs' values by name; empty when nothing is deployed."""
        found = self._document("output", self._command("output", json=_flag()))
        return {name: output["value"] for name, output in found.items()}

    def show(self, plan: Path) -> dict[str, Any]:
        """Return a saved plan as Terraform's documentation, "JSON Output Format", has it."""
        return self._document("show", self._command("show", str(plan), json=_flag()))

    def state(self) -> dict[str, Any]:
        """Return the state as it is stored; empty when nothing was ever deployed."""
        return self._document("state pull", [find_terraform(self.environ), "state", "pull"])

    def _document(self, name: str, command: list[str]) -> dict[str, Any]:
        try:
            done = subprocess.run(
                command, cwd=self.root, env=dict(self.environ), capture_output=True, text=True, check=False
            )
        except OSError as error:
            raise _does_not_run(command[0], error) from None
        if done.returncode != 0:
            raise self._problem([{"severity": "error", "summary": done.stderr.strip(" │╷╵\n")}], name)
        return dict(json.loads(done.stdout or "{}"))

    def _command(self, name: str, *arguments: str, **options: Any) -> list[str]:
        # Imported late: it costs 25 ms, and a deploy with nothing to do never gets here.
        from python_terraform import Terraform as CommandBuilder

        logging.getLogger("python_terraform").setLevel(logging.ERROR)
        builder = CommandBuilder(working_dir=str(self.root), terraform_bin_path=find_terraform(self.environ))
        return cast("list[str]", builder.generate_cmd_string(name, *arguments, **options))

    def _stream(
        self, name: str, command: list[str], *, extra: list[str] | None = None, ok: tuple[int, ...] = (0,)
    ) -> int:
        command = [*command[:2], "-json", *(extra or []), *command[2:]]
        try:
            run = Run(command, self.root, self.environ)
        except OSError as error:
            raise _does_not_run(command[0], error) from None
        try:
            self._follow(run)
        except KeyboardInterrupt:
            self._stop(run)
            raise
        code = run.process.wait()
        if code not in ok:
            raise self._problem(run.diagnostics(), name)
        return code

    def _problem(self, diagnostics: list[Diagnostic], command: str) -> ToolError:
        workspace = self.environ.get("TF_WORKSPACE", "default")
        return explain(diagnostics, command, emulated=self.emulated, workspace=workspace)

    def _follow(self, run: Run, until: Callable[[], bool] = lambda: False) -> None:
        """Take events until there are no more, or `until` says so in a moment when none comes."""
        while not run.over:
            event = run.take(_TICK_S)
            if event is None and until():
                return
            if event and self.listener:
                self.listener(event)

    def _stop(self, run: Run) -> None:
        """Interrupt Terraform when nothing is being created just then, and let it write the state.

        A second Ctrl-C does not wait for that moment.
        """
        patience = time.monotonic() + _SETTLES_WITHIN_S
        with contextlib.suppress(KeyboardInterrupt):
            if self.listener:
                self.listener({"type": "interrupted"})
            self._follow(run, lambda: run.settled() or time.monotonic() > patience)
        if not run.over:
            run.process.send_signal(signal.SIGINT)
        self._follow(run)
        run.process.wait()


def _does_not_run(path: str, error: OSError) -> MachineProblem:
    return MachineProblem(f"{path} does not run: {error.strerror}.", _INSTALL)


def _flag() -> object:
    from python_terraform import IsFlagged

    return IsFlagged
