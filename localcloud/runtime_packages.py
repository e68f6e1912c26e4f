"""The packages that AWS's Python runtime brings, as a folder of links to where they are installed.

AWS (Lambda Developer Guide, "Building Lambda functions with Python") offers the standard library and boto3 with what it
needs. An emulator that runs handlers shows them this folder in place of an interpreter's site-packages, so that a
function without the layer it needs fails here too.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable
from pathlib import Path

DISTRIBUTIONS = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3")


def link(folder: Path, distributions: Iterable[str] = DISTRIBUTIONS) -> None:
    """Fill the folder with links to what this interpreter has of these distributions."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in distributions:
        distribution = importlib.metadata.distribution(name)
        for top in {Path(file).parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
            target = folder / top
            if not target.exists():
                target.symlink_to(Path(str(distribution.locate_file(top))).resolve())
