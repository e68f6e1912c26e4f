"""Why a request is refused."""

from __future__ import annotations


class Refusal(Exception):
    """The authorizer step refuses the request with a gateway response.

    Attributes
    ----------
    response_type
        Its type ("Gateway response types for API Gateway"): UNAUTHORIZED, ACCESS_DENIED, AUTHORIZER_FAILURE or
        AUTHORIZER_CONFIGURATION_ERROR.
    message
        `$context.error.message`; `None` is rendered as null.
    """

    def __init__(self, response_type: str, message: str | None) -> None:
        super().__init__(response_type, message)
        self.response_type = response_type
        self.message = message


def unauthorized() -> Refusal:
    """Return the response to a request without a valid identity (401)."""
    return Refusal("UNAUTHORIZED", "Unauthorized")


def denied(*, explicitly: bool) -> Refusal:
    """Return the response to a request that the caller's policy does not allow (403).

    The messages are AWS's (Knowledge Center, "How do I troubleshoot HTTP 403 Forbidden errors when I use a Lambda
    authorizer with an API Gateway REST API?").
    """
    clause = " with an explicit deny" if explicitly else ""
    return Refusal("ACCESS_DENIED", f"User is not authorized to access this resource{clause}")


def misconfigured() -> Refusal:
    """Return the response when the authorizer cannot be called, or its result is invalid (500)."""
    return Refusal("AUTHORIZER_CONFIGURATION_ERROR", None)


def failed() -> Refusal:
    """Return the response when the authorizer's function fails other than with "Unauthorized" (500)."""
    return Refusal("AUTHORIZER_FAILURE", None)
