"""What a connected client is told of an event, which depends on what its owner may know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.callers import ADMIN, Caller
from domain.item_events import DELETED, IMAGE_REFUSED, ItemEvent
from domain.item_rules import PUBLIC
from domain.topics import PUBLIC as EVERYBODY
from domain.topics import item_topic, owner_topic

Notice = Mapping[str, Any]


def topics_of(event: ItemEvent) -> tuple[str, ...]:
    """Return the topics whose subscribers an event may concern, its owner's first.

    What happens to a private item concerns nobody who follows all public ones, however many they are.
    """
    topics = (owner_topic(event.item["owner"]), item_topic(event.item["id"]))
    return (*topics, EVERYBODY) if _is_public(event) or event.was_public else topics


def notice_for(event: ItemEvent, viewer: Caller, *, recent: bool) -> Notice | None:
    """Return what a viewer is told of an event, or nothing when it is none of their business.

    Parameters
    ----------
    event
        What has happened.
    viewer
        Who is connected.
    recent
        Whether it has happened a moment ago. What was public once, in a message that has waited in a dead-letter queue
        or is replayed from an archive, may be private by now.

    Returns
    -------
    Mapping or None
        Owner and administrators learn everything. Everybody else learns of a public item what it is, and of one that
        was public and no longer is, that it has gone: its id. So do they of what is no news any more, whatever it was.
        An image that was refused concerns its owner alone.
    """
    if event.item["owner"] == viewer.subject or ADMIN in viewer.scopes:
        return full_notice(event)
    if event.kind == IMAGE_REFUSED:
        return None
    if _is_public(event):
        return full_notice(event) if recent else bare_notice(event)
    return bare_notice(event) if event.was_public else None


def full_notice(event: ItemEvent) -> Notice:
    """Return all that there is to tell."""
    reason = {"reason": event.reason} if event.kind == IMAGE_REFUSED else {}
    return {**_head(event), "item": dict(event.item), "changes": list(event.changes), **reason}


def bare_notice(event: ItemEvent) -> Notice:
    """Return that something has happened, and to which item: it can be asked for by whoever may read it."""
    return {**_head(event), "item": {"id": event.item["id"]}, "changes": []}


def _head(event: ItemEvent) -> dict[str, Any]:
    return {
        "type": event.kind,
        "id": event.id,
        "time": event.occurred_at,
        "correlationId": event.correlation_id,
    }


def _is_public(event: ItemEvent) -> bool:
    """Say whether everybody can read the item after the event."""
    return event.kind != DELETED and event.item.get("visibility") == PUBLIC
