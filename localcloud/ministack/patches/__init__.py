"""What MiniStack 1.5.33 lacks or does otherwise than AWS, closed from outside, one module per defect.

Each module says in its docstring what MiniStack does, what AWS does and where AWS says so, and how it is closed; each
has a test that fails without it, and one that fails when MiniStack has fixed the defect, so that the patch can go.
"""

from __future__ import annotations

import importlib

VERSION = "1.5.33"
"""The one version that the patches are written for."""

PATCHES = (
    "put_rest_api",
    "deployment_snapshot",
    "stage_cache_status",
    "generated_api_keys",
    "unset_throttles",
    "rest_requests",
    "authorizer_answers",
    "request_size",
    "request_validation",
    "lambda_proxy_failures",
    "mock_responses",
    "gateway_response_variables",
    "silent_handler_latency",
    "lambda_stdout_protocol",
    "lambda_environment",
    "runtime_packages",
    "handler_exceptions",
    "worker_exits",
    "secure_transport",
    "multipart_tags",
    "empty_secrets",
    "key_listings",
    "log_group_keys",
    "web_acl_members",
    "websocket_functions",
    "websocket_refusals",
    "websocket_closings",
    "websocket_limits",
    "websocket_management",
    "queue_redrive",
    "embedded_metrics",
    "log_filter_patterns",
    "alarm_dimensions",
    "reserved_concurrency",
    "async_invocations",
    "stream_records",
    "expired_items",
    "stream_mappings",
    "event_targets",
    "alarm_events",
    "bus_rights",
    "repeated_calls",
)
"""Modules of this package, in the order in which they are applied."""


def apply_all() -> None:
    """Apply every patch to the MiniStack modules of this process."""
    for name in PATCHES:
        importlib.import_module(f"{__name__}.{name}").apply()
