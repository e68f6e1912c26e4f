"""The build: handlers and locks become byte-identical zips and the manifest that Terraform reads.

Nothing is imported here until it is asked for: a build with nothing to do is mostly interpreter start.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tools.build.api import build
    from tools.build.report import Artefact, BuildReport, Target

__all__ = ["Artefact", "BuildReport", "Target", "build"]


def __getattr__(name: str) -> object:
    if name == "build":
        from tools.build.api import build

        return build
    if name in __all__:
        from tools.build import report

        return getattr(report, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
