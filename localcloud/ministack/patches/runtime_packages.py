"""A handler finds the packages of AWS's runtime, and not the toolkit's.

MiniStack runs handlers in its own interpreter, where everything that the toolkit has installed can be imported: a
function without the layer it needs works here and fails on AWS. AWS (Lambda Developer Guide, "Building Lambda functions
with Python") offers the standard library and boto3 with what it needs. Here the worker sees a folder of links to these
packages in place of the interpreter's site-packages; everything else has to come from the zip or a layer.
"""

from __future__ import annotations

import os
from pathlib import Path

from localcloud import runtime_packages
from localcloud.ministack.patches import worker_script

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
    runtime_packages.link(folder)
    worker_script.insert(_WORKER_CODE.format(folder=str(folder)))
