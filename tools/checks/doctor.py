"""What this machine has and lacks, and what to do about each."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping

from tools.access.providers import cli_config_file, find_mirror, registry_reachable
from tools.checks.findings import Finding
from tools.deployment.terraform import terraform_version
from tools.errors import MachineProblem, ToolError
from tools.project import Project

_PYTHON = ((3, 11), (3, 13))
# As tests/browser.py looks for them.
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_DISK_GB = 3.0  # environment, provider, caches


def _python() -> Finding:
    version = sys.version_info[:2]
    found = ".".join(map(str, sys.version_info[:3]))
    if _PYTHON[0] <= version <= _PYTHON[1]:
        return Finding("Python", "ok", found)
    return Finding("Python", "missing", found, "install Python 3.11, 3.12 or 3.13, then: make setup PYTHON=python3.13")


def _toolkit() -> Finding:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return Finding("Toolkit", "ok", f"ministack {version('ministack')}, uv {version('uv')}")
    except PackageNotFoundError as error:
        return Finding("Toolkit", "missing", f"{error.name} is not installed", "make setup")


def _terraform(environ: Mapping[str, str]) -> Finding:
    try:
        return Finding("Terraform", "ok", terraform_version(environ))
    except MachineProblem as error:
        return Finding("Terraform", "missing", error.problem, error.fix)


def _provider(project: Project, environ: Mapping[str, str]) -> Finding:
    if any((project.root / ".terraform" / "providers").rglob("terraform-provider-aws*")):
        return Finding("AWS provider", "ok", "installed")
    try:
        mirror = find_mirror(environ)
    except MachineProblem as error:
        return Finding("AWS provider", "missing", error.problem, error.fix)
    if mirror:
        return Finding("AWS provider", "ok", f"mirror {mirror}")
    if registry_reachable() or cli_config_file(environ):
        return Finding("AWS provider", "ok", "from the registry, at the first init")
    fix = "connect to the internet, or point TF_PLUGIN_MIRROR at a provider mirror"
    return Finding("AWS provider", "missing", "the registry is out of reach, and there is no mirror", fix)


def _ports(project: Project) -> Finding:
    from localcloud import status

    cloud = status(project)
    if cloud:
        return Finding("Local cloud", "ok", f"running at {cloud.url}")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", 4566))
        except OSError:
            return Finding("Local cloud", "ok", "not running; port 4566 is taken, so it will choose another")
    return Finding("Local cloud", "ok", "not running; port 4566 is free")


def _disk(project: Project) -> Finding:
    free = shutil.disk_usage(project.root).free / 1e9
    if free < _DISK_GB:
        return Finding("Disk", "warning", f"{free:.1f} GB free", f"free {_DISK_GB:.0f} GB")
    return Finding("Disk", "ok", f"{free:.0f} GB free")


def _target_python() -> Finding:
    from tools.programs import find_interpreter

    try:
        interpreter = find_interpreter()
    except ToolError as error:
        return Finding("Python 3.13", "warning", "not found: needed by `build --target aws`", error.fix)
    return Finding("Python 3.13", "ok", f"{interpreter.version} at {interpreter.path}")


def _localstack(project: Project) -> Finding:
    from localcloud import LOCALSTACK, status
    from localcloud.localstack.engine import LocalStack, check_platform
    from localcloud.localstack.installation import Installation

    cloud = status(project, LOCALSTACK)
    if cloud:
        return Finding("LocalStack", "ok", f"running at {cloud.url}")
    installation = Installation(find=project.find_python, uv=project.find_uv)
    try:
        check_platform()
        installation.check()
    except ToolError as error:
        return Finding("LocalStack", "warning", error.problem, error.fix)
    version = LocalStack(project.state, project, installation).version
    if installation.complete:
        return Finding("LocalStack", "ok", f"{version}, installed; not running")
    return Finding("LocalStack", "ok", f"{version} is installed when it is first started")


def _gateway_logs(project: Project, environ: Mapping[str, str]) -> Finding:
    from tools.deployment.logging_role import look

    level, found, fix = look(project, environ)
    return Finding("Gateway logs", level, found, fix)


def _tflint() -> Finding:
    from tools.checks.linters import find_tflint

    path = find_tflint()
    if path:
        return Finding("tflint", "ok", str(path))
    if shutil.which("go"):
        return Finding("tflint", "warning", "not there yet", "python -m tools lint (builds it once, 2 to 3 minutes)")
    fix = "install tflint: https://github.com/terraform-linters/tflint#installation"
    return Finding("tflint", "warning", "not found: `lint` leaves it out", fix)


def _browser() -> Finding:
    for name in _BROWSERS:
        path = shutil.which(name)
        if path:
            return Finding("Browser", "ok", path)
    return Finding(
        "Browser", "ok", f"not found (none of {', '.join(_BROWSERS)}): tests of pages skip, nothing else needs it"
    )


def _concurrency(project: Project, env: str) -> Finding:
    from tools.access.environments import find
    from tools.checks.concurrency import look

    return look(find(project, env))


def examine(project: Project, environ: Mapping[str, str], env: str | None = None) -> list[Finding]:
    """Look at everything that the toolkit needs; a look that fails is a finding, never a traceback.

    Parameters
    ----------
    project, environ
        Where, and the variables of this process.
    env
        An environment whose account is asked for its limits too.
    """
    looks: list[tuple[str, Callable[[], Finding]]] = [
        ("Python", _python),
        ("Toolkit", _toolkit),
        ("Terraform", lambda: _terraform(environ)),
        ("AWS provider", lambda: _provider(project, environ)),
        ("Local cloud", lambda: _ports(project)),
        ("Disk", lambda: _disk(project)),
        ("Python 3.13", _target_python),
        ("LocalStack", lambda: _localstack(project)),
        ("tflint", _tflint),
        ("Browser", _browser),
        ("Gateway logs", lambda: _gateway_logs(project, environ)),
    ]
    if env is not None:
        looks.append(("Concurrency", lambda: _concurrency(project, env)))
    findings = []
    for name, look in looks:
        try:
            findings.append(look())
        except ToolError as error:
            findings.append(Finding(name, "warning", error.problem, error.fix))
        except (OSError, subprocess.SubprocessError, ImportError) as error:
            findings.append(Finding(name, "warning", f"could not be looked at: {error}", "make setup"))
    return findings
