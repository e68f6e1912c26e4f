"""Topics: what a connection can be told about, by the name that its row has."""

from __future__ import annotations

from domain.uuid7 import canonical

PUBLIC = "public"
_ITEM = "item:"
_OWNER = "owner:"


def owner_topic(subject: str) -> str:
    """Return the topic of everything that happens to a caller's items. Being connected is to be subscribed to it."""
    return _OWNER + subject


def item_topic(item_id: str) -> str:
    """Return the topic of what happens to one item."""
    return _ITEM + item_id


def is_subscription(topic: str) -> bool:
    """Say whether a client has asked for the topic, rather than having it by being connected."""
    return not topic.startswith(_OWNER)


def subscribable(text: object) -> str | None:
    """Return the topic that a client names, in its canonical form; nothing when a client cannot subscribe to it."""
    if text == PUBLIC:
        return PUBLIC
    item_id = item_of(text) if isinstance(text, str) else None
    return None if item_id is None else item_topic(item_id)


def item_of(topic: str) -> str | None:
    """Return the id of the item that a topic is about, or nothing when it is about none."""
    return canonical(topic.removeprefix(_ITEM)) if topic.startswith(_ITEM) else None
