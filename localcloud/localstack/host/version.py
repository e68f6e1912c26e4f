"""The version of LocalStack that this package is written for."""

from __future__ import annotations

import importlib.metadata
import sys

from localcloud.errors import CloudProblem

VERSION = "2026.3.0"
FIX = "python -m tools up --engine localstack"


def check() -> None:
    """Raise `CloudProblem` unless exactly that version is installed in this environment."""
    try:
        found: str | None = importlib.metadata.version("localstack-core")
    except importlib.metadata.PackageNotFoundError:
        found = None
    if found != VERSION:
        raise CloudProblem(
            f"The engine localstack needs localstack-core {VERSION}, and {found or 'none'} is installed in "
            f"{sys.prefix}.",
            FIX,
        )
