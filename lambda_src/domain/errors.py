"""What the rules refuse. No HTTP here: `web.problems` says how each is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class FieldError:
    """One thing that is wrong with an input.

    Parameters
    ----------
    pointer
        Where, as a JSON pointer (RFC 6901).
    detail
        What, as words that follow the pointer: "must not be blank".
    """

    pointer: str
    detail: str


class DomainError(Exception):
    """A rule of the domain refuses what was asked for."""


class InvalidInput(DomainError):
    """The input breaks at least one rule; `errors` has them all."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(f"{len(errors)} rule(s) broken")
        self.errors = tuple(errors)


class ItemNotFound(DomainError):
    """There is no such item, or the caller may not know that there is."""


class NotTheOwner(DomainError):
    """The caller sees the item, but it belongs to somebody else."""


class TooManyImages(DomainError):
    """The item has as many images as an item may have."""


class VersionMismatch(DomainError):
    """The item has changed since the version that the caller knows."""


class InvalidCursor(DomainError):
    """The page token was not made here, was made for another list, or has expired."""


class CredentialNeeded(DomainError):
    """An anonymous caller asks for what only an identified one has."""
