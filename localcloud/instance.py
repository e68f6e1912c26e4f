"""What a local cloud of ours says about itself: `GET /_local/instance`, the same for every engine."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from localcloud.cloud import LOOPBACK, Health

_FIELDS = {"id", "version", "project", "ready", "engine"}


def ask(port: int, *, host: str = LOOPBACK, timeout_s: float = 2) -> Health | None:
    """Return what the engine there says about its instance, or `None` when none of ours answers.

    A call takes 1 to 2 ms when it answers, at most `timeout_s` seconds when it is busy.
    """
    import http.client

    caller = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        caller.request("GET", "/_local/instance")
        response = caller.getresponse()
        answer = json.loads(response.read())
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        caller.close()
    if response.status != 200 or not isinstance(answer, dict) or not answer.keys() >= _FIELDS:
        return None
    return Health(
        instance_id=str(answer["id"]),
        version=str(answer["version"]),
        project=str(answer["project"]),
        ready=bool(answer["ready"]),
        engine=str(answer["engine"]),
        key=str(answer.get("key", "")),
    )


def ask_at(url: str) -> Health | None:
    """Return what the engine behind an endpoint says, or `None` when it is none of ours; ours speak plain HTTP."""
    address = urlsplit(url)
    if address.scheme != "http" or not address.hostname:
        return None
    return ask(address.port or 80, host=address.hostname)


def instance_id(url: str) -> str | None:
    """Return the id of the state inside a local cloud of ours, or `None` when none answers there.

    It changes whenever that state was lost: by a kill, by a reset, by a removed state folder.

    Parameters
    ----------
    url
        The endpoint, as in `Cloud.url`.
    """
    answer = ask_at(url)
    return answer.instance_id if answer else None
