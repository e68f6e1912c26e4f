"""What a plan wants to make and is there already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tools.deployment.recovery.kinds import KINDS, Clients
from tools.deployment.recovery.planned import Planned


@dataclass(frozen=True)
class Existing:
    """A resource that exists and is not in Terraform's state.

    Parameters
    ----------
    address
        Where the configuration has it; empty for one too many.
    type
        Such as `aws_dynamodb_table`.
    id
        As `terraform import` takes it.
    """

    address: str
    type: str
    id: str

    def __str__(self) -> str:
        return f"{self.address or self.type} ({self.id})"


def existing(aws: Clients, wanted: Iterable[Planned]) -> list[Existing]:
    """Return which of the planned resources exist.

    A name that is not known before something else is made, and what cannot be read, count as not existing.
    """
    from botocore.exceptions import ClientError

    found: dict[tuple[str, str], Existing] = {}
    for one in wanted:
        kind = KINDS.get(one.type)
        if kind is None:
            continue
        try:
            key = kind.find(aws, one.values)
        except (ClientError, LookupError):
            continue
        if key is not None:
            found.setdefault((one.type, key), Existing(one.address, one.type, key))
    return list(found.values())
