"""What a dry run shows: how many messages there are, and some of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tools.operations.redrive.messages import count, peek
from tools.operations.redrive.records import reason

_SHOWN = 10
_LONGEST = 2000  # characters of a body


def look(sqs: Any, url: str, limit: int | None = None) -> dict[str, Any]:
    """Return JSON values: `found`, and `messages` with `id`, `sent` (RFC 3339), `reason` and `body`."""
    found = count(sqs, url)
    return {"found": found, "messages": [_shown(message) for message in peek(sqs, url, min(found, limit or _SHOWN))]}


def _shown(message: dict[str, Any]) -> dict[str, str]:
    sent = datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
    return {
        "id": message["MessageId"],
        "sent": sent.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "reason": reason(message),
        "body": message["Body"][:_LONGEST],
    }
