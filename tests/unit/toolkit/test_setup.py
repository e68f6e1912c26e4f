"""`make setup`: the commands that it leaves, and what it says where the package index cannot be reached, or refuses."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.project import find_project

# As pip and uv say it, in their own words.
NO_NETWORK = (
    "WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError(Connection refused)'\n"
    "ERROR: No matching distribution found for uv==0.9.1\n"
)
OTHER = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n"

_PYTHON = """#!/bin/sh
[ "$1" = -c ] && exit 0
mkdir -p .venv/bin
printf '#!/bin/sh\\ncat said >&2\\nexit 1\\n' > .venv/bin/python
chmod +x .venv/bin/python
"""


@pytest.mark.parametrize(
    ("said", "problem", "fix"),
    [
        (NO_NETWORK, "the package index is out of reach", "connect to the internet"),
        (OTHER, "DO NOT MATCH THE HASHES", "read .venv/install.log"),
    ],
)
def test_an_installer_that_fails_is_one_sentence(tmp_path: Path, said: str, problem: str, fix: str) -> None:
    root = find_project().root
    shutil.copy(root / "Makefile", tmp_path)
    shutil.copytree(root / "requirements", tmp_path / "requirements")
    (tmp_path / "said").write_text(said)
    python = tmp_path / "python"
    python.write_text(_PYTHON)
    python.chmod(0o755)
    done = subprocess.run(
        ["make", "--no-print-directory", "setup", "PYTHON=./python"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2  # make's own; the recipe's is 3
    told = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert len(told) == 2
    assert told[0].startswith("error: ")
    assert problem in told[0]
    assert told[1].startswith("  fix: ")
    assert fix in told[1]
    assert (tmp_path / ".venv" / "install.log").read_text() == said


@pytest.mark.parametrize("command", [(sys.executable, "-m", "tools"), (f"{Path(sys.executable).parent}/tools",)])
@pytest.mark.parametrize("folder", ["docs", "lambda_src/crud_api"])
def test_the_toolkit_runs_in_any_folder(folder: str, command: tuple[str, ...]) -> None:
    project = find_project()
    done = subprocess.run(
        [*command, "--version"], cwd=project.root / folder, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == (f"{project.version}\n", "")


def test_the_command_is_ours_in_a_folder_with_other_tools(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "__init__.py").touch()
    (tmp_path / "tools" / "__main__.py").write_text("print('other')")
    command = [str(Path(sys.executable).parent / "tools"), "--version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == f"{find_project().version}\n"
