"""What every function is told by its environment, and what Lambda passes beside the event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class LambdaContext(Protocol):
    """The part of Lambda's context object that the functions use."""

    @property
    def aws_request_id(self) -> str:
        """Id of this invocation."""

    @property
    def function_name(self) -> str:
        """Name of the function."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds left before Lambda ends the invocation."""


@dataclass(frozen=True, kw_only=True)
class FunctionSettings:
    """Names under which logs and metrics appear; Powertools reads the same variables for itself."""

    powertools_service_name: str
    powertools_metrics_namespace: str
