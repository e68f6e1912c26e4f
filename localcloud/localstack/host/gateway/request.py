"""What an authorizer needs to know about a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request to a stage of a REST API, as far as its authorization is concerned.

    Attributes
    ----------
    method_arn
        "arn:aws:execute-api:region:account:api/stage/GET/items": the requested method and path, not the resource that
        serves them.
    resource, path
        "/items/{id}" and "/items/17", both without the stage.
    headers
        Names as sent, each with all its values in order.
    query
        All values of each parameter, in order.
    context
        `$context`, as far as it is known before the integration is called.
    """

    method_arn: str
    http_method: str
    resource: str
    path: str
    headers: Sequence[tuple[str, str]] = ()
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    path_parameters: Mapping[str, str] = field(default_factory=dict)
    stage_variables: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)

    def header(self, name: str) -> str:
        """Return a header's last value, or nothing. Names are not case sensitive (RFC 9110)."""
        values = self.header_values(name)
        return values[-1] if values else ""

    def header_values(self, name: str) -> tuple[str, ...]:
        """Return all values of a header, in order."""
        return tuple(value for sent, value in self.headers if sent.lower() == name.lower())


def method_arn(*, region: str, account: str, api: str, stage: str, method: str, path: str) -> str:
    """Return the ARN by which policies name a requested method ("Control access for invoking an API")."""
    partition = "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"
    return f"arn:{partition}:execute-api:{region}:{account}:{api}/{stage}/{method}/{path.removeprefix('/')}"
