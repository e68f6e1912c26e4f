"""What an endpoint really does, found by trying it, never by its name.

A test names what it needs with `@pytest.mark.needs(...)`; where the endpoint lacks it, the skip says so.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from tests.integration.checkout import Checkout
from tests.integration.listeners import on_bus
from tools import tokens
from tools.environments import find
from tools.smoke import call


class Capabilities:
    """Probes of one deployment, each run at most once, and only when a test asks for it."""

    def __init__(self, checkout: Checkout) -> None:
        self._checkout = checkout
        self._found: dict[str, bool] = {}
        self._probes: dict[str, Callable[[], bool]] = {
            "authorizer": self._authorizer,
            "throttle": self._throttle,
            "iam": self._iam,
            "events": self._events,
            "websocket": self._websocket,
            "local-cloud": lambda: checkout.endpoint is None,
        }

    def has(self, name: str) -> bool:
        """Whether the endpoint has the capability `name`."""
        if name not in self._found:
            self._found[name] = self._probes[name]()
        return self._found[name]

    @cached_property
    def _outputs(self) -> dict[str, Any]:
        return self._checkout.outputs()

    def _client(self, service: str) -> Any:
        return tokens.client(find(self._checkout.project, "local", self._checkout.endpoint), service)

    def _authorizer(self) -> bool:
        """A request that the authorizer refuses does not reach the function."""
        answer = call("POST", f"{self._outputs['api_url']}/items", body={})
        return answer.status == 401 and "x-correlation-id" not in answer.headers

    def _throttle(self) -> bool:
        """Of many requests at once, one is refused where one a second is allowed."""
        url = f"{self._outputs['api_url']}/items"
        with throttled(self._client("apigateway"), api_id(self._outputs), rate=1, burst=1):
            return any(call("GET", url).status == 429 for _ in range(20))

    def _events(self) -> bool:
        """What is put on the bus arrives in a queue behind it."""
        with on_bus(self._client, self._outputs["event_bus"]) as bus:
            entry = {
                "Source": "items",
                "DetailType": "Probe",
                "Detail": "{}",
                "EventBusName": self._outputs["event_bus"],
            }
            self._client("events").put_events(Entries=[entry])
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                if any(envelope["detail-type"] == "Probe" for envelope in bus.receive()):
                    return True
                time.sleep(0.1)
        return False

    def _websocket(self) -> bool:
        """A handshake without a token is refused by the function that is asked."""
        from websockets.exceptions import InvalidStatus, WebSocketException
        from websockets.sync.client import connect

        try:
            connect(self._outputs["websocket_url"], proxy=None).close()
        except InvalidStatus as refused:
            return refused.response.status_code == 401
        except (OSError, WebSocketException):
            return False
        return False

    def _iam(self) -> bool:
        """A role without permissions is refused what it asks for."""
        import boto3
        import botocore.exceptions

        iam, sts = self._client("iam"), self._client("sts")
        trust = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
        }
        name = "capability-probe"
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        try:
            keys = sts.assume_role(RoleArn=arn, RoleSessionName=name)["Credentials"]
            client = boto3.client(
                "dynamodb",
                endpoint_url=iam.meta.endpoint_url,
                region_name=sts.meta.region_name,
                aws_access_key_id=keys["AccessKeyId"],
                aws_secret_access_key=keys["SecretAccessKey"],
                aws_session_token=keys["SessionToken"],
            )
            client.list_tables()
        except botocore.exceptions.ClientError as error:
            return error.response["Error"]["Code"] in {"AccessDeniedException", "AccessDenied"}
        finally:
            iam.delete_role(RoleName=name)
        return False


@contextmanager
def throttled(gateway: Any, api: str, *, rate: float, burst: int) -> Iterator[None]:
    """Hold the stage to other limits for a while; `rate` is in requests a second."""

    def limit(rate: float, burst: int) -> None:
        gateway.update_stage(
            restApiId=api,
            stageName="prod",
            patchOperations=[
                {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": str(rate)},
                {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": str(burst)},
            ],
        )

    before = gateway.get_stage(restApiId=api, stageName="prod")["methodSettings"]["*/*"]
    limit(rate, burst)
    try:
        yield
    finally:
        limit(before["throttlingRateLimit"], before["throttlingBurstLimit"])


def api_id(outputs: dict[str, Any]) -> str:
    """Return the REST API's id."""
    parts = str(outputs["api_url"]).split("/")
    return parts[parts.index("execute-api") + 1]
