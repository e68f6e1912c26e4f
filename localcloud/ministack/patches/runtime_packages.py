"""A handler can import the packages of AWS's runtime, and none of the toolkit's.

MiniStack runs handlers in its own interpreter, where every package of the toolkit can be imported: a function without
the layer it needs works locally and fails on AWS. AWS (Lambda Developer Guide, "Building Lambda functions with Python")
provides the standard library, boto3 and boto3's dependencies. With the patch the worker sees a folder of links to these
packages instead of the interpreter's site-packages; everything else has to come from the zip or a layer.
"""

from __future__ import annotations

import os
from pathlib import Path

from localcloud import runtime_packages
from localcloud.ministack.probing import Endpoint
from localcloud.ministack.support import worker_script

EFFECT = "handlers see the runtime's packages, not the toolkit's"

_WORKER_CODE = """
def _see_the_runtime_alone():
    import site, sys

    installed = set(site.getsitepackages())
    sys.path[:] = [entry for entry in sys.path if entry not in installed] + [{folder!r}]

_see_the_runtime_alone()
"""


def apply() -> None:
    """Create the folder of links below the temporary files, and patch the worker."""
    folder = Path(os.environ["TMPDIR"]) / "runtime"
    runtime_packages.link(folder)
    worker_script.insert(_WORKER_CODE.format(folder=str(folder)))


def probe(aws: Endpoint) -> bool:
    """Try to import packages of the runtime and of the toolkit."""
    code = """
from importlib.util import find_spec
def handler(event, context):
    import boto3
    boto3.client("s3")
    return [name for name in ("boto3", "botocore", "dateutil", "hypercorn", "pytest") if find_spec(name)]
"""
    return bool(aws.invoke(aws.function(code)) == ["boto3", "botocore", "dateutil"])
