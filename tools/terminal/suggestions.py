"""What a message may tell people to type: the right spelling, and nothing that deletes or sends again."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable

NAME = "python -m tools"
"""How the toolkit's own texts write its command. `spelled` makes of it what this machine can run."""

_PYTHONS = ("python", "python3")

# A typing mistake must never end in one of these: destroy and redrive act on what is there, cleanup-job deletes.
UNASKED = frozenset({"destroy", "redrive", "cleanup-job"})


def spelled(text: str) -> str:
    """Return a text with the toolkit's command as this machine runs it: many have a `python3` and no `python`."""
    if NAME not in text:
        return text
    python = next((name for name in _PYTHONS if shutil.which(name)), sys.executable)
    return text.replace(NAME, f"{python} -m tools")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a question to append to a sentence, such as ` Did you mean 'dev'?`; empty where nothing is close."""
    from difflib import get_close_matches

    close = get_close_matches(word, suggestible(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def suggestible(known: Iterable[str]) -> list[str]:
    """Return those names that may be proposed to somebody who typed another one."""
    return [name for name in known if name not in UNASKED]
