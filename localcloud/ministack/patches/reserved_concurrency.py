"""Reserved concurrency also limits aliases and versions.

MiniStack reads the limit from the record that is executed, and a version's record has none, so invocations through an
alias are never throttled. On AWS (Lambda Developer Guide, "Configuring reserved concurrency for a function") the limit
applies to all versions of a function together. The patch reads it from the function.
"""

from __future__ import annotations

from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "reserved concurrency also limits invocations through an alias"


def apply() -> None:
    """Patch the lookup of the limit."""
    from ministack.services import lambda_svc

    limit = lambda_svc._reserved_concurrency

    def limiting(record: dict[str, Any], config: dict[str, Any]) -> int | None:
        found: int | None = limit(lambda_svc._functions.get(config.get("FunctionName")) or record, config)
        return found

    lambda_svc._reserved_concurrency = limiting


def probe(aws: Endpoint) -> bool:
    """Invoke an alias of a function whose concurrency is 0."""
    idle = aws.recording_function("def handler(event, context):\n    return 1")
    aws("lambda").put_function_concurrency(FunctionName=idle.name, ReservedConcurrentExecutions=0)
    try:
        aws("lambda").invoke(FunctionName=idle.alias)
    except aws("lambda").exceptions.TooManyRequestsException:
        return True
    return False
