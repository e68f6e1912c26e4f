"""Check of the response cache: no caller is ever answered with a page that was kept for another one.

API Gateway processes header names case-sensitively ("Amazon API Gateway important notes"), and the cache's key is the
header `Authorization`. HTTP/2 sends names in lower case, and HTTP/1.1 as the client writes them. Whether a token in the
other spelling counts for the key is not documented, so every pair of ways to send one is tried.
"""

from __future__ import annotations

import http.client
from itertools import product
from urllib.parse import urlsplit

from tools.access.http import TIMEOUT_S, Answer
from tools.deployment.smoke import http2
from tools.deployment.smoke.session import Session
from tools.errors import SmokeProblem

# How a caller may send the token: protocol and the header's name.
WAYS = (("HTTP/1.1", "Authorization"), ("HTTP/1.1", "authorization"), ("HTTP/2", "authorization"))
# Pages of another length are other pages to the cache: each pair of ways begins with one that nobody has asked for (100
# is what the other checks ask for).
_LONGEST_PAGE = 99
# What one of the cache's nodes keeps another may not have yet.
_TRIES = 3


class CacheChecks:
    """Two callers of one deployment.

    Parameters
    ----------
    session
        The caller who has an item.
    stranger
        The token of another caller, who has none.
    """

    def __init__(self, session: Session, stranger: str) -> None:
        self._session = session
        self._stranger = stranger

    def apart(self) -> None:
        """Ask for the same page as the item's owner and then as a stranger, in each pair of ways."""
        for number, (owners, strangers) in enumerate(product(WAYS, repeat=2)):
            url = f"{self._session.url}/items?category=smoke&limit={_LONGEST_PAGE - number}"
            self._page(url, self._session.token, owners)
            for _ in range(_TRIES):
                if self._session.item["id"] in self._page(url, self._stranger, strangers):
                    raise AssertionError(
                        f"a caller ({' '.join(strangers)}) was answered with the page of another one "
                        f"({' '.join(owners)}): the response cache has to be switched off"
                    )

    @staticmethod
    def _page(url: str, token: str, way: tuple[str, str]) -> list[str]:
        """Return the ids on a page; none where the way is closed."""
        protocol, name = way
        headers = {name: f"Bearer {token}"}
        answer = http2.get(url, headers) if protocol == "HTTP/2" else _get(url, headers)
        if answer is None:
            return []
        if answer.status != 200:
            raise AssertionError(f"GET /items ({protocol} {name}) answered {answer.status}: {answer.body[:300]!r}")
        return [item["id"] for item in answer.json()["items"]]


def _get(url: str, headers: dict[str, str]) -> Answer:
    """Send one request whose header names stay as they are written; urllib would capitalise them."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    caller = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    try:
        caller.request("GET", f"{parts.path}?{parts.query}", headers=headers)
        answer = caller.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    except (OSError, http.client.HTTPException) as error:
        raise SmokeProblem(f"{url} does not answer: {error}.", "python -m tools deploy") from None
    finally:
        caller.close()
