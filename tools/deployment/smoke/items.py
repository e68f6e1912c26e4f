"""Checks of the items API."""

from __future__ import annotations

import uuid

from tools.access.http import call
from tools.deployment.smoke.session import Session


class ItemChecks:
    """An item's life from outside.

    Parameters
    ----------
    anonymous_reads
        Whether `GET /items` answers without a token there.
    """

    def __init__(self, session: Session, anonymous_reads: bool) -> None:
        self._session = session
        self._anonymous_reads = anonymous_reads

    def health(self) -> None:
        """The deployment reaches all that it depends on; anybody may ask."""
        self._session.settled(self._health)

    def _health(self) -> None:
        answer = call("GET", f"{self._session.url}/health")
        if answer.status == 503:
            # The answer of a deployment that lacks something is no problem document: it says what is lacking.
            failed = [check["name"] for check in answer.json()["checks"] if check["status"] != "ok"]
            raise AssertionError(f"not well: {', '.join(failed)}; see the log of health-checker")
        if answer.status != 200 or answer.json()["status"] != "ok":
            raise AssertionError(f"GET /health answered {answer.status}: {answer.body[:300]!r}")

    def post_without_token(self) -> None:
        """Nobody creates anything."""
        self._session.call("POST", "/items", 401, token=None, body={"name": "x", "category": "smoke", "price": 1})

    def list_without_token(self) -> None:
        """A list without a token is what the deployment says."""
        expected = 200 if self._anonymous_reads else 401
        self._session.settled(lambda: self._session.call("GET", "/items", expected, token=None))

    def create(self) -> None:
        """The item that the other checks are about."""
        body = {"name": f"Smoke test {uuid.uuid4()}", "category": "smoke", "price": 12.5}
        answer = self._session.call("POST", "/items", 201, body=body)
        self._session.item = answer.json()
        if not answer.headers.get("location", "").endswith(f"/items/{self._session.item['id']}"):
            raise AssertionError(f"Location is {answer.headers.get('location')!r}")

    def list(self) -> None:
        """The item is in its owner's list, which an index is made for after the answer."""
        self._session.settled(self._listed)

    def _listed(self) -> None:
        items = self._session.call("GET", "/items?category=smoke&limit=100", 200).json()["items"]
        if self._session.item["id"] not in [item["id"] for item in items]:
            raise AssertionError("the new item is not in its owner's list")

    def get(self) -> None:
        """It reads as it was created."""
        if self._session.call("GET", f"/items/{self._session.item['id']}", 200).json() != self._session.item:
            raise AssertionError("the item reads differently from how it was created")

    def stale(self) -> None:
        """A lost update is refused."""
        body = {"name": "Stale", "category": "smoke", "price": 1}
        self._session.call("PUT", f"/items/{self._session.item['id']}", 412, body=body, headers={"If-Match": '"99"'})

    def update(self) -> None:
        """It changes, and its version grows."""
        body = {"name": "Changed", "category": "smoke", "price": 13}
        version = self._session.item["version"]
        path, headers = f"/items/{self._session.item['id']}", {"If-Match": f'"{version}"'}
        changed = self._session.call("PUT", path, 200, body=body, headers=headers).json()
        if (changed["name"], changed["version"]) != ("Changed", version + 1):
            raise AssertionError(f"the update gave {changed}")

    def bad(self) -> None:
        """What breaks the contract is refused."""
        self._session.call("POST", "/items", 400, body={"name": "", "category": "smoke", "price": -1, "owner": "me"})

    def delete(self) -> None:
        """It can be deleted."""
        self._session.call("DELETE", f"/items/{self._session.item['id']}", 204)

    def gone(self) -> None:
        """And is gone."""
        self._session.call("GET", f"/items/{self._session.item['id']}", 404)
