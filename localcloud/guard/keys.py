"""The access key of a checkout: random, created once, and readable only by its owner."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from localcloud.private import make_private

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True)
class AccessKey:
    """An access key, as AWS SDKs use it.

    Parameters
    ----------
    id
        Twenty characters that start with AKIA, like a user's on AWS (IAM User Guide, "IAM identifiers").
    secret
        Forty characters.
    """

    id: str
    secret: str = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """What an engine may reveal about it: enough to recognize the key, not enough to sign with it."""
        return hashlib.sha256(f"access key {self.id} {self.secret}".encode()).hexdigest()[:32]

    def variables(self) -> dict[str, str]:
        """Return the environment variables from which SDKs read it."""
        return {"AWS_ACCESS_KEY_ID": self.id, "AWS_SECRET_ACCESS_KEY": self.secret}


ANY = AccessKey("test", "test")
"""The key for emulators that check none."""


def find(file: Path) -> AccessKey | None:
    """Return the key in the file, or `None` when there is none."""
    try:
        kept = json.loads(file.read_text())
        return AccessKey(str(kept["id"]), str(kept["secret"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def of_variables(variables: Mapping[str, str]) -> AccessKey | None:
    """Return the key in the environment variables, or `None`."""
    pair = variables.get("AWS_ACCESS_KEY_ID"), variables.get("AWS_SECRET_ACCESS_KEY")
    return AccessKey(pair[0], pair[1]) if pair[0] and pair[1] else None


def ensure(file: Path) -> AccessKey:
    """Return the key in the file, which is created if it is missing; the file's folder becomes private.

    Two processes that create it at the same time get the same key.
    """
    make_private(file.parent)
    kept = find(file)
    if kept:
        return kept
    key = AccessKey("AKIA" + "".join(secrets.choice(_ALPHABET) for _ in range(16)), secrets.token_urlsafe(30))
    made = file.with_name(f"{file.name}.{os.getpid()}")
    made.unlink(missing_ok=True)
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        json.dump({"id": key.id, "secret": key.secret}, opened)
    try:
        os.link(made, file)
    except FileExistsError:
        kept = find(file)
        if kept:
            return kept
        made.replace(file)  # the file had no key in it
    finally:
        made.unlink(missing_ok=True)
    return key
