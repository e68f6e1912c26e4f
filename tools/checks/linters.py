"""Getting the linters that no Python package brings along: tflint and checkov's own environment. Each is kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from localcloud.errors import cannot_write
from tools.errors import MachineProblem
from tools.project import Project

TFLINT = "0.64.0"
_TFLINT_MODULE = f"github.com/terraform-linters/tflint@v{TFLINT}"
_INSTALL_TFLINT = "install tflint: https://github.com/terraform-linters/tflint#installation"


def _kept_tflint(environ: Mapping[str, str]) -> Path:
    cache = environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "serverless-starter" / f"tflint-{TFLINT}" / "tflint"


def find_tflint(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return tflint from the PATH, else the one that was built and kept, else None."""
    found = shutil.which("tflint", path=environ.get("PATH"))
    if found:
        return Path(found)
    kept = _kept_tflint(environ)
    return kept if os.access(kept, os.X_OK) else None


def build_tflint(environ: Mapping[str, str] = os.environ) -> Path:
    """Build tflint with Go (2 to 3 minutes), and keep it in the user's cache folder; return it.

    Raises
    ------
    MachineProblem
        There is no Go, or it could not fetch or build the module.
    """
    go = shutil.which("go", path=environ.get("PATH"))
    if go is None:
        raise MachineProblem("tflint is not here, and there is no Go to build it with.", _INSTALL_TFLINT)
    kept = _kept_tflint(environ)
    kept.parent.mkdir(parents=True, exist_ok=True)
    print(f"tflint {TFLINT} is built once with Go; this takes 2 to 3 minutes ...", file=sys.stderr, flush=True)
    # Beside its place, then moved there: a build that was stopped is never taken for tflint
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        done = subprocess.run(
            [go, "install", _TFLINT_MODULE],
            env={**environ, "GOBIN": folder, "GOFLAGS": "-buildvcs=false"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            last = done.stderr.strip().splitlines()[-1:] or ["no word why"]
            raise MachineProblem(f"tflint could not be built: {last[0]}", _INSTALL_TFLINT)
        (Path(folder) / "tflint").replace(kept)
    return kept


def _run(arguments: Sequence[str | Path], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def find_checkov(project: Project) -> Path:
    """Return checkov from its own environment, made from its lock where it is not there or the lock has changed.

    It pins an old boto3, so it cannot share the toolkit's environment.

    Raises
    ------
    MachineProblem
        The environment could not be made, usually for want of a network.
    """
    lock = project.root / "requirements" / "checkov.txt"
    home = project.state / "checkov-venv"
    python, checkov, stamp = home / "bin" / "python", home / "bin" / "checkov", home / "lock.txt"
    wanted = f"{sys.version_info[:2]}\n{lock.read_text(encoding='utf-8')}"
    if checkov.is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return checkov
    uv = [sys.executable, "-m", "uv"]
    for arguments in (
        [*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)],
        [*uv, "pip", "install", "--quiet", "--python", str(python), "--require-hashes", "-r", str(lock)],
    ):
        done = _run(arguments, project.root)
        if done.returncode != 0:
            last = done.stderr.strip().splitlines()[-1:] or ["no word why"]
            raise cannot_write(done.stderr) or MachineProblem(
                f"checkov could not be installed: {last[0].strip()}", "python -m tools lint, once there is a network"
            )
    stamp.write_text(wanted, encoding="utf-8")
    return checkov


def checkov_findings(report: Mapping[str, Any]) -> list[str]:
    """Return what checkov's report complains of, a line each.

    Parameters
    ----------
    report
        Its output as JSON, for one framework. It also names what its parser could not read, and calls that a success:
        a test file more or less is no matter, a part of the configuration is.
    """
    results = report.get("results", {})
    lines = [
        f"{found['file_path'].lstrip('/')}:{found['file_line_range'][0]}: {found['check_id']} {found['check_name']}"
        f" ({found['resource']})"
        for found in results.get("failed_checks", [])
    ]
    unread = [path for path in results.get("parsing_errors", []) if not path.endswith(".tftest.hcl")]
    return lines + [f"{path}: not checked, checkov cannot read it" for path in unread]
