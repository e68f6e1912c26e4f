"""What API Gateway refuses in a document."""

from __future__ import annotations


class ImportProblem(Exception):
    """The document is refused as a whole (BadRequestException)."""
