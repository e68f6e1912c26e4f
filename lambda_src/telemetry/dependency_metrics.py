"""The metrics of dependencies: whether each is well, and how long it took to say so."""

from __future__ import annotations

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from config.runtime import FunctionSettings

ALL = "all"


def gauge(settings: FunctionSettings, dependency: str, *, healthy: bool, milliseconds: float) -> None:
    """Leave the metrics `Healthy` (1 or 0) and `Latency` of a dependency.

    Parameters
    ----------
    settings
        Namespace and service of the metrics.
    dependency
        One of a small, fixed set of words: the metrics' dimension. `ALL` stands for all of them together, for an alarm.
    healthy
        Whether it is well.
    milliseconds
        How long the probe took; of one that hung, its time limit.
    """
    metrics = Metrics(
        namespace=settings.powertools_metrics_namespace,
        service=settings.powertools_service_name,
    )
    metrics.add_dimension("dependency", dependency)
    metrics.add_metric(name="Healthy", unit=MetricUnit.Count, value=int(healthy))
    metrics.add_metric(name="Latency", unit=MetricUnit.Milliseconds, value=milliseconds)
    metrics.flush_metrics()
