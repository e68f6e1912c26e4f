"""Reserved concurrency holds for aliases and versions.

MiniStack looks for it in the record that is executed, and a version's has none, so that whatever is invoked through an
alias is never throttled. On AWS (Lambda Developer Guide, "Configuring reserved concurrency for a function") it limits
all versions of a function together. Here it is looked up in the function itself.
"""

from __future__ import annotations

from typing import Any


def apply() -> None:
    """Patch the look-up of the limit."""
    from ministack.services import lambda_svc

    limit = lambda_svc._reserved_concurrency

    def limiting(record: dict[str, Any], config: dict[str, Any]) -> int | None:
        found: int | None = limit(lambda_svc._functions.get(config.get("FunctionName")) or record, config)
        return found

    lambda_svc._reserved_concurrency = limiting
