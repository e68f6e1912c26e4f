"""Who asks, and what they may do with items."""

from __future__ import annotations

from dataclasses import dataclass

READ = "items:read"
WRITE = "items:write"
ADMIN = "items:admin"
SCOPES = frozenset({READ, WRITE, ADMIN})
# By how much the clocks of whoever makes tokens and of whoever reads them may differ.
LEEWAY_SECONDS = 30


def has_ended(expires_at: float, now: float) -> bool:
    """Say whether a token is no longer good; both are seconds since the Unix epoch."""
    return expires_at + LEEWAY_SECONDS <= now


@dataclass(frozen=True)
class Caller:
    """A caller as the authorizer has seen them.

    Parameters
    ----------
    subject
        The token's subject, and the `owner` of the items they create. Empty for an anonymous caller.
    scopes
        What the token grants. Empty for an anonymous caller, who may list public items and nothing else.
    """

    subject: str
    scopes: frozenset[str]

    @property
    def anonymous(self) -> bool:
        """Whether the caller has shown no token."""
        return not self.subject

    def may(self, scope: str) -> bool:
        """Say whether the token grants `scope`; an administrator's grants them all."""
        return scope in self.scopes or ADMIN in self.scopes


ANONYMOUS = Caller(subject="", scopes=frozenset())
