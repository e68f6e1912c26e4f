"""A deployment that goes on from whatever the one before it has left."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tools.access.clients import answering, client
from tools.access.environments import Environment
from tools.deployment import record as records
from tools.deployment.recovery.existing import Existing, existing
from tools.deployment.recovery.orphans import Known, orphans, remove
from tools.deployment.recovery.planned import planned
from tools.deployment.terraform import Terraform
from tools.deployment.terraform.problems import Taken
from tools.errors import CloudProblem, ToolError
from tools.project import Project
from tools.terminal.console import Console

IMPORTS = "recovery-imports.tf"
"""Import blocks, in the root for as long as a plan is made with them."""

ROUNDS = 3
"""How many times an apply is begun again after what it was refused has been taken over."""

_DEPTH = 6
"""How many plans in a row may find something more: a route is found once its API is known."""

_SHOWN = 5


class GoingOn:
    """What one run needs to know of the runs before it.

    Parameters
    ----------
    adopt
        Whether to take over what stands there even where this checkout has not made it.
    incomplete
        Whether the state is known to lack something.
    """

    def __init__(
        self, project: Project, environment: Environment, console: Console, *, adopt: bool, incomplete: bool
    ) -> None:
        self._project, self._environment, self._console = project, environment, console
        self._made: dict[str, Any] = {}
        last = records.read(project, environment)
        begun_here = last is not None and (
            last.instance_id == environment.instance_id
            if environment.instance_id
            else last.endpoint == environment.endpoint
        )
        # A local cloud of this checkout holds nobody else's; elsewhere only what this checkout has begun is its own.
        self.ours = environment.emulated and (adopt or begun_here or environment.instance_id is not None)
        self.unfinished = self.ours and (adopt or incomplete or bool(last and begun_here and not last.fingerprint))
        (project.root / IMPORTS).unlink(missing_ok=True)

    def prepare(self, terraform: Terraform, plan: Path, replan: Callable[[], Path]) -> Path:
        """Return the plan to apply: where something may exist already, one that takes it over.

        Raises
        ------
        CloudProblem
            The emulator is not this checkout's, and somebody else's deployment of the same name stands there.
        """
        if self.unfinished:
            return self._take_over(terraform, plan, replan)[1]
        if self._environment.emulated and not self.ours:
            found = self._existing(terraform, plan)
            if found:
                name, url = self._environment.name, self._environment.endpoint
                raise CloudProblem(
                    f"{name} is deployed to {url} already, and not from this checkout: {_listed(found)}.",
                    f"another --env; or make it yours: python -m tools deploy --env {name} "
                    f"--endpoint-url {url} --adopt",
                )
        return plan

    def apply(self, terraform: Terraform, plan: Path, replan: Callable[[], Path]) -> None:
        """Apply; on an emulator, take over what the apply is refused for existing already, and go on.

        Raises
        ------
        TerraformProblem
            It failed for another reason, or on AWS; there with the commands by which Terraform gets to know of it.
        """
        # On another's emulator nothing of ours existed when this run began: what is there now, it has made.
        for left in reversed(range(ROUNDS)):
            try:
                with self._console.terraform("Terraform apply") as progress:
                    terraform.listener = progress
                    terraform.apply(plan)
                return
            except Taken as taken:
                if not self._environment.emulated:
                    raise self._named(taken, terraform, plan) from None
                if not left:
                    raise
                found, plan = self._take_over(terraform, replan(), replan)
                if not found:
                    raise

    def tidy(self, terraform: Terraform) -> None:
        """Remove from the emulator what was made twice."""
        if self._environment.emulated:
            known = Known.of(terraform.state())
            with self._answering():
                self._say_removed(remove(self._client, orphans(self._client, known, known)))

    def clear(self, terraform: Terraform, plan: Callable[[], Path]) -> None:
        """Remove from the emulator what `terraform destroy` does not know of."""
        if not self.ours:
            return
        kept = known = Known.of(terraform.state())
        found: list[Existing] = []
        if self.unfinished:
            wanted = planned(terraform.show(plan()))
            known = known.with_plan(wanted)
            with self._answering():
                found = existing(self._client, wanted)
        with self._answering():
            found += [one for one in orphans(self._client, known, kept) if one.id not in {each.id for each in found}]
            self._say_removed(remove(self._client, found))

    def _take_over(self, terraform: Terraform, plan: Path, replan: Callable[[], Path]) -> tuple[list[Existing], Path]:
        taken: list[Existing] = []
        for _ in range(_DEPTH):
            fresh = self._existing(terraform, plan)
            if not fresh:
                break
            self._console.say(f"Made already by a run that was cut off, and taken over: {_listed(fresh)}.")
            taken += fresh
            with _imports(self._project.root / IMPORTS, taken):
                plan = replan()
        return taken, plan

    def _existing(self, terraform: Terraform, plan: Path) -> list[Existing]:
        wanted = planned(terraform.show(plan))
        with self._answering():
            return existing(self._client, wanted)

    def _named(self, taken: Taken, terraform: Terraform, plan: Path) -> Taken:
        """Return the problem with the command for each resource that Terraform was refused."""
        ids: dict[str, str] = {}
        with suppress(ToolError), self._answering():
            wanted = [one for one in planned(terraform.show(plan)) if one.address in taken.addresses]
            ids = {one.address: one.id for one in existing(self._client, wanted)}
        name = self._environment.name
        commands = [
            f"TF_WORKSPACE={name} terraform import -var-file=environments/{name}.tfvars "
            f"{shlex.quote(address)} {shlex.quote(ids[address]) if address in ids else 'ID'}"
            for address in taken.addresses
        ]
        taken.fix = f"{' && '.join(commands)}, if it is this deployment's; then the same command again"
        return taken

    def _answering(self) -> Any:
        return answering(self._environment, "what exists already")

    def _client(self, service: str) -> Any:
        if service not in self._made:
            self._made[service] = client(self._environment, service)
        return self._made[service]

    def _say_removed(self, removed: list[Existing]) -> None:
        if removed:
            self._console.say(f"Left by a run that was cut off, and removed: {_listed(removed)}.")


def _listed(found: Sequence[Existing]) -> str:
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(str(one) for one in found[:_SHOWN]) + more


@contextmanager
def _imports(path: Path, found: list[Existing]) -> Iterator[None]:
    """Have import blocks in the configuration (Terraform documentation, "Import")."""
    blocks = [f"import {{\n  to = {one.address}\n  id = {_quoted(one.id)}\n}}\n" for one in found]
    path.write_text("\n".join(blocks), encoding="utf-8")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _quoted(text: str) -> str:
    return json.dumps(text).replace("${", "$${").replace("%{", "%%{")
