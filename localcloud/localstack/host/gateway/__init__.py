"""Fixes for the differences between LocalStack's REST gateway (2026.3.0) and AWS, one module for each step.

Each module's docstring says what LocalStack does, what AWS does and where AWS documents it, and what the module does.
The modules use the gateway's hook for additional steps where it has one.
"""

from __future__ import annotations

import importlib

from localcloud.localstack.host.gateway.on_import import call_after

__all__ = ["install"]

_GATEWAY = "localstack.services.apigateway.next_gen.provider"
_STEPS = (
    "authorizer_step",
    "request_size",
    "imported_responses",
    "method_settings",
    "gateway_responses",
    "request_ids",
    "request_bodies",
    "request_validation",
    "forwarded_headers",
    "proxy_answers",
)


def install() -> None:
    """Add every step as soon as LocalStack loads its REST gateway. Call it once per process."""
    call_after(_GATEWAY, _apply_all)


def _apply_all() -> None:
    for name in _STEPS:
        importlib.import_module(f"{__name__}.{name}").apply()
