"""The error for a document that API Gateway refuses."""

from __future__ import annotations


class ImportProblem(Exception):
    """The whole document is refused (BadRequestException)."""
