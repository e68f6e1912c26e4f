"""GET /items/{id} as tutorials write it: a boto3 resource and a Powertools router, made when the module is imported."""

import json
import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger()
metrics = Metrics()
app = APIGatewayRestResolver()
table = boto3.resource("dynamodb").Table(os.environ["ITEMS_TABLE"])


@app.get("/items/<item_id>")
def get_item(item_id: str) -> dict[str, Any]:
    """Return the row."""
    row = table.get_item(Key={"id": item_id}).get("Item")
    if row is None:
        raise NotFoundError
    metrics.add_metric(name="Reads", unit=MetricUnit.Count, value=1)
    return dict(json.loads(json.dumps(row, default=str)))


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer an API Gateway proxy event."""
    return app.resolve(event, context)
