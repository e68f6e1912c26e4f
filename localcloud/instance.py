"""What our local clouds report about themselves at `GET /_local/instance`, the same for every engine."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from localcloud.cloud import LOOPBACK, Health

_FIELDS = {"id", "version", "project", "ready", "engine"}


def ask(port: int, *, host: str = LOOPBACK, timeout_s: float = 2) -> Health | None:
    """Return what the engine on a port reports about itself, or `None` when none of ours answers.

    An engine answers in 1 to 2 ms; a busy one takes at most `timeout_s` seconds.
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
    """Return what the engine at an endpoint reports, or `None` when it is not one of ours. Ours speak plain HTTP."""
    address = urlsplit(url)
    if address.scheme != "http" or not address.hostname:
        return None
    return ask(address.port or 80, host=address.hostname)


def instance_id(url: str) -> str | None:
    """Return the id of the state of a local cloud, or `None` when none of ours answers.

    The id changes whenever the state was lost: by a kill, a reset, or a removed state folder.

    Parameters
    ----------
    url
        The endpoint, as in `Cloud.url`.
    """
    answer = ask_at(url)
    return answer.instance_id if answer else None
