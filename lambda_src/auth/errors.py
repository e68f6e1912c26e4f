"""Why a credential is not accepted."""

from __future__ import annotations


class InvalidToken(Exception):
    """The token proves nothing. The message is one of a fixed set of words: it holds nothing of the token."""


class KeysUnavailable(Exception):
    """The keys to verify with cannot be had, so that nobody can be let in."""
