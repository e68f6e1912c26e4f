"""Why an artefact was built again, in a few words."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_RECIPE_WORDS = {
    "target": "target changed",
    "architecture": "architecture changed",
    "python": "Python version changed",
    "interpreter": "compiling interpreter changed",
    "codec": "codec changed",
    "builder": "builder changed",
}


def why(before: dict[str, Any] | None, after: dict[str, Any], parts: tuple[dict[str, str], dict[str, str]]) -> str:
    """Return the difference between two builds of an artefact.

    Parameters
    ----------
    before, after
        What went into it: `inputs`, name to digest. `before` is None for an artefact that was not there.
    parts
        The recipe of the two builds.
    """
    if before is None:
        return "new"
    for name, words in _RECIPE_WORDS.items():
        if parts[0].get(name) != parts[1].get(name):
            return words
    was, now = before["inputs"], after["inputs"]
    changes = [f"{path} changed" for path in sorted(now) if path in was and was[path] != now[path]]
    changes += [f"{path} added" for path in sorted(set(now) - set(was))]
    changes += [f"{path} removed" for path in sorted(set(was) - set(now))]
    if not changes:
        return "unchanged"
    return changes[0] if len(changes) == 1 else f"{changes[0]} and {len(changes) - 1} more"
