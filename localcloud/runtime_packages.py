"""The packages of AWS's Python runtime, as a folder of links to where they are installed.

AWS (Lambda Developer Guide, "Building Lambda functions with Python") provides the standard library, boto3 and boto3's
dependencies. An emulator that runs handlers shows them this folder instead of an interpreter's site-packages, so that a
function without the layer it needs also fails locally.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable
from pathlib import Path

DISTRIBUTIONS = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3")


def link(folder: Path, distributions: Iterable[str] = DISTRIBUTIONS) -> None:
    """Fill the folder with links to these distributions in this interpreter."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in distributions:
        distribution = importlib.metadata.distribution(name)
        for top in {Path(file).parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
            target = folder / top
            if not target.exists():
                target.symlink_to(Path(str(distribution.locate_file(top))).resolve())
