"""The local cloud: AWS APIs on this machine, without an account, a licence or a container engine.

`up` starts it, `down` stops it and keeps its state, `status` looks. See docs/local-cloud.md.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from tools.localcloud.cloud import ACCOUNT, REGION, Cloud, Engine, Health
from tools.localcloud.lifecycle import down, folder, status, up
from tools.localcloud.ministack.engine import ask

__all__ = ["ACCOUNT", "REGION", "Cloud", "Engine", "Health", "down", "folder", "instance_id", "status", "up"]


def instance_id(url: str) -> str | None:
    """Return the id of the state inside a local cloud of ours, or `None` when none answers there.

    It changes whenever that state was lost: by a kill, by a reset, by a removed state folder. A call takes 1 to 2 ms.

    Parameters
    ----------
    url
        The endpoint, as in `Cloud.url`.
    """
    answer = ask(urlsplit(url).port or 80)
    return str(answer["id"]) if answer else None
