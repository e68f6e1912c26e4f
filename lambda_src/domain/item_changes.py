"""Changes of items: what a write has made of an item, and the event that tells of it."""

from __future__ import annotations

from dataclasses import dataclass

from domain.item_events import CREATED, DELETED, UPDATED, ItemEvent
from domain.item_rules import PUBLIC
from domain.items import Item, representation


@dataclass(frozen=True, kw_only=True)
class Change:
    """One write of an item, as it has happened.

    Parameters
    ----------
    id
        The same for every delivery of the same change.
    occurred_at
        RFC 3339.
    correlation_id
        The id of the caller's undertaking that wrote; that of the change where nobody's did.
    before, after
        The item before and after the write: nothing before it was created, nothing after it was deleted. One is there.
    expired
        The table has deleted the item because its time was over, and no caller has.
    """

    id: str
    occurred_at: str
    correlation_id: str
    before: Item | None
    after: Item | None
    expired: bool = False

    @property
    def kind(self) -> str:
        """The kind of the event that tells of it."""
        if self.after is None:
            return DELETED
        return UPDATED if self.before else CREATED

    @property
    def item(self) -> Item:
        """The item as it is now, or, of a deleted one, as it was last."""
        item = self.after or self.before
        if item is None:
            raise ValueError("A change has an item before it or after it")
        return item


def event_of(change: Change) -> ItemEvent | None:
    """Return the event that tells of a change, or nothing when the API shows the same item as before."""
    changes = changed_properties(change.before, change.after)
    if change.kind == UPDATED and not changes:
        return None
    return ItemEvent(
        kind=change.kind,
        id=change.id,
        occurred_at=change.occurred_at,
        correlation_id=change.correlation_id,
        item=representation(change.item),
        changes=changes,
        was_public=change.before is not None and change.before.visibility == PUBLIC,
    )


def changed_properties(before: Item | None, after: Item | None) -> tuple[str, ...]:
    """Return the names of the properties that the API shows otherwise than before, sorted; none unless both are there.

    `version` and `updatedAt` are among them: a client that has the item wants to know that its entity tag is old.
    """
    if before is None or after is None:
        return ()
    old, new = representation(before), representation(after)
    return tuple(sorted(name for name in new if new[name] != old[name]))
