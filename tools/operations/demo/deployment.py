"""What the page is told about the deployment, and where it may therefore connect to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tools.access.http import call

LIFETIME_S = 900  # the page asks for another token before it expires


@dataclass(frozen=True)
class Deployment:
    """A deployment as the page sees it.

    Parameters
    ----------
    mint
        Returns a new token of `LIFETIME_S` seconds for `subject`.
    endpoint
        The emulator that it is on, or None.
    """

    environment: str
    outputs: dict[str, Any]
    subject: str
    mint: Callable[[], str]
    endpoint: str | None = None

    def config(self) -> dict[str, Any]:
        """Return what the page reads as `config.json`, a new token included."""
        return {
            "environment": self.environment,
            "api_url": self.outputs["api_url"],
            "websocket_url": self.outputs.get("websocket_url"),
            "subject": self.subject,
            "token": self.mint(),
            "expires_in": LIFETIME_S,
        }

    def content_security_policy(self) -> str:
        """Return the page's policy (Content Security Policy Level 3): its own files, and this deployment alone."""
        stores = [self.endpoint] if self.endpoint else self._stores()
        services = [_origin(self.outputs["api_url"]), *stores]
        if self.outputs.get("websocket_url"):
            services.append(_origin(self.outputs["websocket_url"]))
        directives = {
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": "'self'",
            "img-src": " ".join(["'self'", *stores]),
            "connect-src": " ".join(["'self'", *dict.fromkeys(services)]),
            "base-uri": "'none'",
            "form-action": "'none'",
            "frame-ancestors": "'none'",
            "require-trusted-types-for": "'script'",
        }
        return "; ".join(f"{name} {value}" for name, value in directives.items())

    def _stores(self) -> list[str]:
        # Presigned URLs name a bucket with or without its region ("Virtual hosting of general purpose buckets").
        region, buckets = self.outputs.get("region", ""), self.outputs.get("buckets", {})
        hosts = [f"{buckets[name]}.s3" for name in ("uploads", "images") if name in buckets]
        return [f"https://{host}{place}.amazonaws.com" for host in hosts for place in ("", f".{region}")]

    def refused_origin(self, origin: str) -> str | None:
        """Return the one origin that the API lets call it from a browser, unless `origin` may too."""
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        answer = call("OPTIONS", f"{self.outputs['api_url']}/items", headers=headers)
        allowed = answer.headers.get("access-control-allow-origin", "")
        return None if allowed in ("*", origin) else allowed or "nobody"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
