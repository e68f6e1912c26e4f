"""What it means when AWS does not take a person's credentials any more."""

from __future__ import annotations

from tools.errors import MachineProblem

LOGIN = "aws sso login, or set AWS_PROFILE"

# Codes of the services' "Common Errors", and of those that hand credentials out.
_CODES = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
# Of AWS's SDK for Python, by name: they are not all in every version of it.
_CLASSES = frozenset(
    {
        "SSOTokenLoadError",
        "UnauthorizedSSOTokenError",
        "TokenRetrievalError",
        "LoginRefreshRequired",
        "LoginTokenLoadError",
    }
)
_SIGNS = (
    *sorted(_CODES),
    "refresh cached SSO token failed",
    "token has expired",
    "token included in the request is expired",
    "InvalidGrantException",
)
"""How Terraform's provider says it: AWS's code, or the sentence of the SDK for Go."""


def expired() -> MachineProblem:
    """Return the problem of credentials that were good once."""
    return MachineProblem("The AWS credentials have expired.", LOGIN)


def is_expired(error: Exception) -> bool:
    """Whether what an AWS SDK call raised says so."""
    response = getattr(error, "response", None) or {}
    return type(error).__name__ in _CLASSES or response.get("Error", {}).get("Code") in _CODES


def says_expired(text: str) -> bool:
    """Whether Terraform's own words say so."""
    return any(sign in text for sign in _SIGNS)
