"""One probe for each capability. A probe returns where the endpoint has it, and raises `Lacking` where it has not."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tools.checks.capabilities.probes import data, gateway, happenings, rights, sockets, streams, telemetry
from tools.checks.capabilities.workshop import Workshop

__all__ = ["PROBES", "SLOW", "Probe"]

Probe = Callable[[Workshop], None]

PROBES: Mapping[str, Probe] = {
    "authorizer": gateway.authorizer,
    "request-validation": gateway.request_validation,
    "gateway-responses": gateway.gateway_responses,
    "throttle": gateway.throttle,
    "usage-plan": gateway.usage_plan,
    "response-cache": gateway.response_cache,
    "deployment-snapshot": gateway.deployment_snapshot,
    "websocket": sockets.websocket,
    "iam": rights.iam,
    "queue-policy": rights.queue_policy,
    "events": happenings.events,
    "schedule": happenings.schedule,
    "async-destination": happenings.async_destination,
    "async-retry": happenings.async_retry,
    "partial-stream-batch": streams.partial_stream_batch,
    "stream-bisect": streams.stream_bisect,
    "ttl-expiry": streams.ttl_expiry,
    "dlq-redrive-move-task": data.dlq_redrive_move_task,
    "presigned-conditions": data.presigned_conditions,
    "custom-log-metrics": telemetry.custom_log_metrics,
    "log-filter-json": telemetry.log_filter_json,
}
"""By the name that tests ask for."""

SLOW = frozenset({"schedule"})
"""What takes longer than half a minute, since no schedule of AWS fires more often than once a minute."""
