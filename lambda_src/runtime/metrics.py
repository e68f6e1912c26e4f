"""Metrics in the embedded metric format (Powertools Metrics): a log line that CloudWatch turns into metrics."""

from __future__ import annotations

from collections.abc import Mapping

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from runtime.context import FunctionSettings


def count(settings: FunctionSettings, name: str, dimensions: Mapping[str, str]) -> None:
    """Count one event. How long it took is in its log line, and in Lambda's own metric `Duration`, which costs nothing.

    Parameters
    ----------
    settings
        Namespace and service of the metrics.
    name
        What is counted, such as "Requests".
    dimensions
        Each name with a value out of a small, fixed set: every combination is a metric that is paid for by the month.
    """
    metrics = Metrics(
        namespace=settings.powertools_metrics_namespace,
        service=settings.powertools_service_name,
    )
    for dimension, value in dimensions.items():
        metrics.add_dimension(dimension, value)
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)
    metrics.flush_metrics()
