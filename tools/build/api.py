"""The build as other parts of the toolkit call it."""

from __future__ import annotations

from collections.abc import Callable

from tools.build.engine import build_in
from tools.build.report import BuildReport, Target
from tools.project import Project


def build(
    project: Project,
    target: Target = "local",
    *,
    arch: str | None = None,
    pyc: bool = True,
    force: bool = False,
    jobs: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> BuildReport:
    """Bring `build/` up to date: one zip per function and per layer, and the manifest.

    Parameters
    ----------
    project
        The checkout.
    target
        `local` for this interpreter and this processor, quick to compress; `aws` for python3.13, small.
    arch
        `arm64` or `x86_64`. By default `arm64` for `aws`; for `local` it can only be this machine's.
    pyc
        Whether the zips hold byte code, which halves a function's import time.
    force
        Make everything again, whatever is stored.
    jobs
        Zips to make at a time; by default one per processor.
    progress
        Called with a few words, such as `layer base`, when a part that takes time begins; from any thread.

    Raises
    ------
    UsageProblem
        For a target or architecture that does not exist.
    MachineProblem
        When uv, the codec or a Python to compile with is missing.
    BuildProblem
        When the sources or locks cannot be built.
    """
    return build_in(str(project.root), target, arch=arch, pyc=pyc, force=force, jobs=jobs, progress=progress)
