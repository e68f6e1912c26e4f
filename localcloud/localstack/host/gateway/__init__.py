"""What LocalStack's REST gateway (2026.3.0) lacks or does otherwise than AWS, closed from outside, one module per step.

Each module says in its docstring what LocalStack does, what AWS does and where AWS says so, and how it is closed. The
gateway's own place for further steps is used where there is one.
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
    """Have every step added as soon as LocalStack loads its REST gateway. Once per process."""
    call_after(_GATEWAY, _apply_all)


def _apply_all() -> None:
    for name in _STEPS:
        importlib.import_module(f"{__name__}.{name}").apply()
