"""Three public sample items for an empty local table, so that the first request has something to show."""

from __future__ import annotations

from tools.access.http import call
from tools.errors import SmokeProblem

SAMPLES = (
    {
        "name": "Desk lamp",
        "description": "Warm light, a heavy foot and an arm that stays where it is put.",
        "category": "lighting",
        "price": 49.9,
        "tags": ["desk", "brass"],
        "visibility": "public",
    },
    {
        "name": "Walnut shelf",
        "description": "Eighty centimetres of oiled walnut with hidden brackets.",
        "category": "furniture",
        "price": 129,
        "tags": ["wood"],
        "visibility": "public",
    },
    {
        "name": "Enamel mug",
        "description": "Holds a third of a litre. Falls well.",
        "category": "kitchen",
        "price": 12.5,
        "tags": ["blue", "camping"],
        "visibility": "public",
    },
)


def seed(url: str, token: str) -> int:
    """Create the samples through the API when nobody has a public item yet; return how many were created."""
    listed = call("GET", f"{url}/items?view=public&limit=1", token=token)
    try:
        if listed.status != 200 or listed.json()["items"]:
            return 0
    except (KeyError, TypeError, ValueError):
        raise SmokeProblem(f"{url}/items answers no list of items.", "python -m tools smoke") from None
    for sample in SAMPLES:
        answer = call("POST", f"{url}/items", token=token, body=sample)
        if answer.status != 201:
            raise SmokeProblem(
                f"A sample item was refused with {answer.status}: {answer.body.decode(errors='replace')[:300]}",
                "python -m tools smoke",
            )
    return len(SAMPLES)
