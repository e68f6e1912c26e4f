"""Problem details (RFC 9457), and how what the domain and the storage refuse is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from aws.clients import Unavailable
from domain import errors
from domain.errors import FieldError

RETRY_AFTER_SECONDS = 1
# Names of RFC 9110 that Python knows only from 3.13 on.
_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}


class Problem(Exception):
    """An answer that is an error.

    Parameters
    ----------
    status
        HTTP status, 400 to 599.
    kind
        What has happened, as a slug: the last part of the problem's `type`. Empty for one that the status says it all.
    detail
        A sentence for the caller. It holds nothing of what the caller has sent, and no name of a resource.
    faults
        What is wrong with the input, property by property.
    headers
        Headers that belong to the answer.
    """

    def __init__(
        self,
        status: int,
        kind: str = "",
        detail: str = "",
        *,
        faults: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind or str(status))
        self.status = status
        self.kind = kind
        self.detail = detail
        self.faults = tuple(faults)
        self.headers = dict(headers or {})

    def document(self, request_id: str) -> dict[str, object]:
        """Return the problem document; its `type` is a relative URI."""
        document: dict[str, object] = {
            "type": f"/problems/{self.kind}" if self.kind else "about:blank",
            "title": _TITLES.get(self.status) or HTTPStatus(self.status).phrase,
            "status": self.status,
        }
        if self.detail:
            document["detail"] = self.detail
        document["requestId"] = request_id
        if self.faults:
            document["errors"] = [{"pointer": fault.pointer, "detail": fault.detail} for fault in self.faults]
        return document


def invalid_input(faults: Sequence[FieldError]) -> Problem:
    """Return the answer to a body that breaks rules."""
    return Problem(400, "invalid-input", "The input breaks the rules listed in errors.", faults=faults)


def invalid_parameter(name: str, detail: str) -> Problem:
    """Return the answer to a query parameter or header that breaks a rule."""
    return Problem(400, "invalid-parameter", f"{name} {detail}.")


def unauthorized() -> Problem:
    """Return the answer to a caller who has to show a token."""
    return Problem(401, "", "A valid bearer token is needed.", headers={"WWW-Authenticate": "Bearer"})


def internal_error() -> Problem:
    """Return the answer to what nobody has foreseen. It says nothing of the cause: that is in the log."""
    return Problem(500, "", "Something went wrong here. The request id finds it in the log.")


def problem_of(error: Exception) -> Problem | None:
    """Return the answer to an expected error, or nothing when the error is not expected."""
    problem: Problem | None = None
    match error:
        case Problem():
            problem = error
        case errors.InvalidInput():
            problem = invalid_input(error.errors)
        case errors.InvalidCursor():
            problem = Problem(400, "invalid-cursor", "The cursor is not one of this list, or has expired.")
        case errors.CredentialNeeded():
            problem = unauthorized()
        case errors.NotTheOwner():
            problem = Problem(403, "not-the-owner", "Only the item's owner may change it.")
        case errors.ItemNotFound():
            problem = Problem(404, "item-not-found", "There is no such item.")
        case errors.TooManyImages():
            problem = Problem(409, "too-many-images", "The item has as many images as an item may have.")
        case errors.VersionMismatch():
            problem = Problem(412, "version-mismatch", "The item has changed since the version in If-Match.")
        case Unavailable():
            retry = {"Retry-After": str(RETRY_AFTER_SECONDS)}
            problem = Problem(503, "", "Too busy at the moment. Try again later.", headers=retry)
    return problem
