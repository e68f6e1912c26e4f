"""The one way to Terraform.

Arguments are made by python-terraform; the process is ours, because python-terraform keeps the output until the end and
people want to see what is going on.
"""

from __future__ import annotations

import json
import logging
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from tools.errors import MachineProblem, ToolError
from tools.terraform.problems import Diagnostic, explain

Event = dict[str, Any]
Listener = Callable[[Event], None]

# Code comes from S3, so functions are made side by side: 13 of them take 8.6 s at 30, 14.5 s at Terraform's own 10.
PARALLELISM = 30


def find_terraform(environ: Mapping[str, str]) -> str:
    """Return the path of `terraform`.

    Raises
    ------
    MachineProblem
        There is none on the PATH.
    """
    found = shutil.which("terraform", path=environ.get("PATH"))
    if found is None:
        raise MachineProblem(
            "Terraform is not on the PATH.",
            "install Terraform 1.11 or later: https://developer.hashicorp.com/terraform/install",
        )
    return found


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
        """Prepare the folder. `arguments` as from `tools.providers.init_arguments`."""
        self._stream("init", self._command("init", input=False), extra=arguments)

    def plan(self, var_file: Path, out: Path, *, destroy: bool = False) -> bool:
        """Write a plan to `out`; return whether it changes anything."""
        options: dict[str, Any] = {"out": str(out), "var_file": str(var_file), "input": False}
        if destroy:
            options["destroy"] = _flag()
        code = self._stream(
            "plan", self._command("plan", detailed_exitcode=_flag(), parallelism=PARALLELISM, **options), ok=(0, 2)
        )
        return code == 2

    def apply(self, plan: Path) -> None:
        """Apply a saved plan, unchanged."""
        self._stream("apply", self._command("apply", str(plan), input=False, parallelism=PARALLELISM))

    def destroy(self, var_file: Path) -> None:
        """Destroy everything in the state."""
        options = {"var_file": str(var_file), "input": False, "auto_approve": True, "parallelism": PARALLELISM}
        self._stream("destroy", self._command("destroy", **options))

    def outputs(self) -> dict[str, Any]:
        """Return the outputs' values by name; empty when nothing is deployed."""
        command = self._command("output", json=_flag())
        done = subprocess.run(
            command, cwd=self.root, env=dict(self.environ), capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise explain([{"severity": "error", "summary": done.stderr.strip()}], "output", emulated=self.emulated)
        return {name: output["value"] for name, output in json.loads(done.stdout or "{}").items()}

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
        process = subprocess.Popen(
            command, cwd=self.root, env=dict(self.environ), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        diagnostics: list[Diagnostic] = []
        try:
            for event in _events(process):
                if event.get("type") == "diagnostic":
                    diagnostics.append(_diagnostic(event))
                if self.listener:
                    self.listener(event)
            code = process.wait()
        except KeyboardInterrupt:
            # Ctrl-C reached Terraform too (same process group), or reaches it now; it finishes what is under way and
            # writes the state, from which the same command goes on.
            _let_finish(process)
            raise
        if code not in ok:
            raise self._problem(name, diagnostics)
        return code

    def _problem(self, name: str, diagnostics: list[Diagnostic]) -> ToolError:
        return explain(diagnostics, name, emulated=self.emulated)


def _flag() -> object:
    from python_terraform import IsFlagged

    return IsFlagged


def _diagnostic(event: Event) -> Diagnostic:
    return cast("Diagnostic", event.get("diagnostic") or {"severity": "error", "summary": event.get("@message", "")})


def _events(process: subprocess.Popen[str]) -> Iterator[Event]:
    assert process.stdout is not None
    for line in process.stdout:
        try:
            event = json.loads(line)
        except ValueError:
            # Not every message is JSON: what is said before the view is set up comes as text.
            text = line.strip(" │╷╵\n")
            if text.startswith("Error: "):
                yield {"type": "diagnostic", "diagnostic": {"severity": "error", "summary": text[7:]}}
            continue
        if isinstance(event, dict):
            yield event


def _let_finish(process: subprocess.Popen[str], patience_s: float = 120) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    if process.stdout:
        process.stdout.read()
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
