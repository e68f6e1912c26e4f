"""The metrics of dependencies: whether all are well, and how long the slowest took to say so."""

from __future__ import annotations

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from runtime.context import FunctionSettings


def gauge(settings: FunctionSettings, *, healthy: bool, milliseconds: float) -> None:
    """Leave the metrics `Healthy` (1 or 0) and `Latency`, for an alarm.

    Which dependency is not well is in the log: as dimensions its two metrics would each be paid for by the month.

    Parameters
    ----------
    settings
        Namespace and service of the metrics.
    healthy
        Whether all are well.
    milliseconds
        How long the slowest probe took; of one that hung, its time limit.
    """
    metrics = Metrics(
        namespace=settings.powertools_metrics_namespace,
        service=settings.powertools_service_name,
    )
    metrics.add_metric(name="Healthy", unit=MetricUnit.Count, value=int(healthy))
    metrics.add_metric(name="Latency", unit=MetricUnit.Milliseconds, value=milliseconds)
    metrics.flush_metrics()
