"""A handler finds the packages of AWS's runtime, and not the toolkit's.

MiniStack runs handlers in its own interpreter, where everything that the toolkit has installed can be imported: a
function without the layer it needs works here and fails on AWS. AWS (Lambda Developer Guide, "Building Lambda functions
with Python") offers the standard library and boto3 with what it needs. Here the worker sees a folder of links to these
packages in place of the interpreter's site-packages; everything else has to come from the zip or a layer.
"""

from __future__ import annotations

import importlib.metadata
import os
from pathlib import Path

from tools.localcloud.ministack.patches import worker_script

_DISTRIBUTIONS = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3")

_WORKER_CODE = """
def _see_the_runtime_alone():
    import site, sys

    installed = set(site.getsitepackages())
    sys.path[:] = [entry for entry in sys.path if entry not in installed] + [{folder!r}]

_see_the_runtime_alone()
"""


def apply() -> None:
    """Make the folder of links, which goes with the other temporary files, and patch the worker."""
    folder = Path(os.environ["TMPDIR"]) / "runtime"
    folder.mkdir(exist_ok=True)
    for name in _DISTRIBUTIONS:
        _link(importlib.metadata.distribution(name), folder)
    worker_script.insert(_WORKER_CODE.format(folder=str(folder)))


def _link(distribution: importlib.metadata.Distribution, folder: Path) -> None:
    for top in {Path(file).parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
        link = folder / top
        if not link.exists():
            link.symlink_to(Path(str(distribution.locate_file(top))).resolve())
