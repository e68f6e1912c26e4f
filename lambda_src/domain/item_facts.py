"""What figures about items are made of."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class ItemFacts:
    """What a report reads of an item. `created_at` is RFC 3339, UTC."""

    id: str
    name: str
    category: str
    price: Decimal
    public: bool
    created_at: str
