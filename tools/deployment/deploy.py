"""Deploying in stages: build, (up), init, plan, apply, outputs, seed and smoke."""

from __future__ import annotations

import hashlib
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud import engines
from tools.access.environments import Environment, export_command, find, on_local_cloud, var_file
from tools.access.providers import init_arguments
from tools.deployment import record as records
from tools.deployment.recovery.going_on import IMPORTS, GoingOn
from tools.deployment.recovery.planned import steps
from tools.deployment.recovery.state import repair
from tools.deployment.terraform import Terraform, find_terraform
from tools.errors import BuildProblem, SmokeProblem, TerraformProblem, UsageProblem
from tools.project import Project
from tools.terminal.console import Console

_SMOKE_TOKEN_S = 1200  # longer than the longest run, which waits five minutes for a first push
_MODULE_SOURCE = re.compile(r'^ +source +(= "\..*")$', re.MULTILINE)


@dataclass(frozen=True)
class Deployed:
    """How a deployment ended.

    Parameters
    ----------
    outputs
        Terraform's outputs by name.
    changed
        Whether Terraform was started; False says that nothing had to be looked at.
    seconds
        How long it took, the build included.
    """

    outputs: dict[str, Any]
    changed: bool
    seconds: float


def reach(project: Project, name: str, endpoint: str | None, console: Console) -> Environment:
    """Return the environment, with the engine that it lives on started where it is not running.

    Raises
    ------
    MachineProblem
        There is no Terraform to deploy with; said before anything is started or built.
    """
    find_terraform(os.environ)
    kind = engines.of_environment(name)
    if kind is None or endpoint:
        return find(project, name, endpoint)
    var_file(project, name)
    from localcloud import up

    return on_local_cloud(project, up(project, kind.name, step=console.step))


def run_build(project: Project, environment: Environment, console: Console, arch: str | None = None) -> None:
    """Build what the environment needs, for the CPU asked for or its own, and show what changed."""
    from tools.build import build

    report = build(project, environment.build_target, arch=arch or environment.arch)
    changed = [artefact for artefact in report.artefacts if artefact.changed]
    if changed:
        console.table(
            f"Built {len(changed)} of {len(report.artefacts)} artefacts for {report.target} in {report.seconds:.2f} s",
            ("name", "size", "why"),
            [(artefact.name, f"{artefact.size / 1024:,.0f} KB", artefact.why) for artefact in changed],
        )


def terraform_of(project: Project, environment: Environment) -> Terraform:
    """Return Terraform for one environment of the project."""
    return Terraform(project.root, environment.variables, emulated=environment.emulated)


def initialise(project: Project, environment: Environment, console: Console) -> Terraform:
    """Run `terraform init` when the folder was not prepared for this configuration yet."""
    terraform = terraform_of(project, environment)
    stamp = project.root / ".terraform" / "initialised-for"
    wanted = _init_stamp(project)
    ready = stamp.is_file() and any((stamp.parent / "providers").glob("*/hashicorp/aws/*/*"))
    if not ready or stamp.read_text(encoding="utf-8") != wanted:
        with console.step("Terraform init"):
            terraform.init(init_arguments(environment.variables))
        stamp.write_text(wanted, encoding="utf-8")
    return terraform


def _init_stamp(project: Project) -> str:
    """Everything that `init` depends on: the provider lock, the root, and which modules there are in the folders."""
    digest = hashlib.sha256((project.root / ".terraform.lock.hcl").read_bytes())
    for path in sorted(path for path in project.root.glob("*.tf") if path.name != IMPORTS):
        digest.update(path.read_bytes())
    for path in sorted([*project.root.glob("*/*.tf"), *project.root.glob("*/*/*.tf")]):
        digest.update("".join(_MODULE_SOURCE.findall(path.read_text(encoding="utf-8"))).encode())
    return digest.hexdigest()


def forget_lost_state(project: Project, environment: Environment, console: Console) -> None:
    """Put aside the state of a local cloud that no longer exists.

    A killed local cloud comes back empty and with another id: nothing that the state names is there any more.
    """
    last = records.read(project, environment)
    if environment.instance_id is None or last is None or last.instance_id == environment.instance_id:
        return
    state = records.state_file(project, environment)
    if state.is_file():
        console.say("The local cloud is a new one, so everything is deployed to it again.")
        state.replace(state.with_name("terraform.tfstate.of-a-lost-cloud"))
    records.forget(project, environment)


def _find_state(project: Project, environment: Environment, console: Console) -> bool:
    """Put aside the state of a cloud that is gone, or bring back one that was not saved; return whether it may lack."""
    forget_lost_state(project, environment, console)
    return repair(project, environment, console)


def current_outputs(project: Project, environment: Environment) -> dict[str, Any]:
    """Return the environment's outputs: as recorded while nothing has changed, else from Terraform.

    Raises
    ------
    TerraformProblem
        Nothing is deployed.
    """
    last = records.read(project, environment)
    if last and last.fingerprint == records.fingerprint(project, environment):
        return last.outputs
    lost = environment.instance_id and last and last.instance_id != environment.instance_id
    outputs: dict[str, Any] = {}
    prepared = (project.root / ".terraform").is_dir()
    if not lost and (prepared or records.state_file(project, environment).is_file()):
        outputs = initialise(project, environment, Console()).outputs()
    if "api_url" not in outputs:
        raise TerraformProblem(
            f"Nothing is deployed to {environment.name}.", f"python -m tools deploy --env {environment.name}"
        )
    return outputs


def plan(project: Project, environment: Environment, console: Console, out: Path | None = None) -> tuple[bool, Path]:
    """Build and plan, and keep the plan; return whether it changes anything, and where it is."""
    run_build(project, environment, console)
    return _plan(project, environment, console, out)


def _plan(project: Project, environment: Environment, console: Console, out: Path | None = None) -> tuple[bool, Path]:
    _find_state(project, environment, console)
    terraform = initialise(project, environment, console)
    path = (out or project.state / "plans" / f"{environment.name}.tfplan").absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    with console.terraform("Terraform plan") as progress:
        terraform.listener = progress
        changes = terraform.plan(environment.var_file, path)
    _build_of(path).write_text(_manifest_hash(project), encoding="utf-8")
    return changes, path


def _build_of(plan_file: Path) -> Path:
    return plan_file.with_name(plan_file.name + ".build")


def _manifest_hash(project: Project) -> str:
    return hashlib.sha256(project.manifest.read_bytes()).hexdigest()


def check_saved_plan(project: Project, plan_file: Path, env: str) -> None:
    """Refuse a plan that is not there, or whose artefacts have been built anew since.

    A plan names artefacts by their hash, but their bytes are read when it is applied.
    """
    again = f"python -m tools plan --env {env} --out {plan_file}"
    if not plan_file.is_file():
        raise UsageProblem(f"There is no plan {plan_file}.", again)
    companion = _build_of(plan_file)
    if not project.manifest.is_file() or (
        companion.is_file() and companion.read_text(encoding="utf-8") != _manifest_hash(project)
    ):
        raise BuildProblem(f"The build has changed since {plan_file.name} was made.", again)


def deploy(
    project: Project,
    environment: Environment,
    console: Console,
    *,
    force: bool = False,
    saved_plan: Path | None = None,
    arch: str | None = None,
    adopt: bool = False,
) -> Deployed:
    """Bring the environment to what the checkout says.

    Parameters
    ----------
    force
        Start Terraform even when nothing has changed here since the last deployment.
    saved_plan
        A plan from `plan` that passed `check_saved_plan`, applied unchanged; nothing is built then.
    adopt
        Take over what stands on an emulator under this environment's names, whoever has made it.
    """
    started = time.monotonic()
    if not saved_plan:
        run_build(project, environment, console, arch)
        last = records.read(project, environment)
        if not force and last and last.fingerprint == records.fingerprint(project, environment):
            return Deployed(last.outputs, False, time.monotonic() - started)
    lost = _find_state(project, environment, console)
    going_on = GoingOn(project, environment, console, adopt=adopt, incomplete=lost)
    if saved_plan:
        path, changes = saved_plan.absolute(), True
        initialise(project, environment, console)
        console.expected = steps(terraform_of(project, environment).show(path))
    else:
        changes, path = _plan(project, environment, console)
    terraform = terraform_of(project, environment)

    def replan() -> Path:
        return _plan(project, environment, console)[1]

    path = going_on.prepare(terraform, path, replan) if changes else path
    records.begin(project, environment)
    if changes:
        going_on.apply(terraform, path, replan)
        going_on.tidy(terraform)
    return Deployed(terraform.outputs(), True, time.monotonic() - started)


def keep_record(project: Project, environment: Environment, outputs: dict[str, Any]) -> None:
    """Keep what was deployed, where a later run can tell by it that nothing has changed.

    Called last, when the deployment has been seen working: until then the next run starts Terraform and looks again.
    """
    finished = records.fingerprint(project, environment)
    if finished:
        records.write(
            project, environment, records.Record(finished, environment.instance_id, outputs, environment.endpoint)
        )


def destroy(project: Project, environment: Environment, console: Console) -> None:
    """Destroy everything of the environment; of an emulator, also what Terraform does not know of."""
    lost = _find_state(project, environment, console)
    going_on = GoingOn(project, environment, console, adopt=False, incomplete=lost)
    terraform = initialise(project, environment, console)
    going_on.clear(terraform, lambda: _plan(project, environment, console)[1])
    with console.terraform("Terraform destroy") as progress:
        terraform.listener = progress
        records.begin(project, environment)
        terraform.destroy(environment.var_file)
    records.forget(project, environment)


def run_smoke(environment: Environment, outputs: dict[str, Any], console: Console) -> list[dict[str, Any]]:
    """Run the smoke checks and show them.

    Raises
    ------
    SmokeProblem
        A check failed.
    """
    from tools.access.tokens import mint
    from tools.deployment.smoke import CACHE_CHECK, Check, Smoke

    def report(check: Check) -> None:
        console.say(
            f"  {'ok  ' if check.ok else 'FAIL'} {check.name} ({check.milliseconds:.0f} ms) {check.detail}".rstrip()
        )

    console.say(f"Smoke test of {outputs['api_url']}")
    smoke = Smoke.of(
        outputs,
        lambda subject: mint(environment, outputs, subject, lifetime_s=_SMOKE_TOKEN_S),
        emulated=environment.emulated,
    )
    checks = smoke.run(report)
    failed = [check.name for check in checks if not check.ok]
    if CACHE_CHECK in failed:
        raise SmokeProblem(
            "Two callers were answered with one cached page.",
            f"set features.response_cache = false in {environment.var_file.name}, then: "
            f"python -m tools deploy --env {environment.name}",
        )
    if failed:
        reach = f"{export_command(environment.name)}; " if environment.emulated else ""
        raise SmokeProblem(
            f"{len(failed)} of {len(checks)} smoke checks failed: {', '.join(failed)}.",
            f"read the functions' logs: {reach}aws logs tail /aws/lambda/FUNCTION",
        )
    return [{"name": check.name, "milliseconds": round(check.milliseconds, 1)} for check in checks]


def run_seed(environment: Environment, outputs: dict[str, Any], console: Console) -> None:
    """Put sample items into an empty table of an engine."""
    from tools.access.tokens import mint
    from tools.deployment.seed import seed

    token = mint(environment, outputs, "samples", lifetime_s=600)
    created = seed(outputs["api_url"], token)
    if created:
        console.say(f"Created {created} public sample items.")
