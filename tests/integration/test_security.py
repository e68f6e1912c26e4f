"""What stands between callers and data is live: permissions, signing keys, logs that hold no secrets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.api import ITEM, Caller, assert_problem
from tests.integration.checkout import Checkout
from tests.integration.conftest import eventually
from tools.access import tokens
from tools.access.environments import Environment
from tools.access.listing import everything

pytestmark = pytest.mark.needs("authorizer")


@pytest.mark.needs("iam")
def test_a_function_without_its_permission_fails(
    checkout: Checkout, caller: Callable[..., Caller], aws: Callable[[str], Any]
) -> None:
    """Enforcement is live: green here with a permission missing would be AccessDenied on AWS."""
    iam = aws("iam")
    configuration = aws("lambda").get_function_configuration(FunctionName=f"{checkout.prefix}-create-item")
    role = configuration["Role"].rpartition("/")[2]
    alice = caller()
    policy = iam.get_role_policy(RoleName=role, PolicyName="calls")["PolicyDocument"]
    reduced = json.loads(json.dumps(policy))
    for statement in reduced["Statement"]:
        statement["Action"] = [action for action in statement["Action"] if action != "dynamodb:PutItem"] or [
            "dynamodb:DescribeTable"
        ]
    iam.put_role_policy(RoleName=role, PolicyName="calls", PolicyDocument=json.dumps(reduced))
    try:
        assert_problem(alice.post("/items", ITEM), 500)
    finally:
        iam.put_role_policy(RoleName=role, PolicyName="calls", PolicyDocument=json.dumps(policy))
    assert eventually(lambda: alice.post("/items", ITEM).status == 201)


def test_after_a_rotation_old_and_new_tokens_are_good(
    environment: Environment, outputs: dict[str, Any], aws: Callable[[str], Any]
) -> None:
    before = Caller(outputs["api_url"], tokens.mint(environment, outputs, "alice"))
    assert before.get("/items").status == 200
    aws("secretsmanager").put_secret_value(SecretId=outputs["token"]["secret_arn"], SecretString="k" * 64)
    after = Caller(outputs["api_url"], tokens.mint(environment, outputs, "alice"))
    # An unknown key makes the authorizer look again, at most every 30 s.
    assert eventually(lambda: after.get("/items").status == 200, seconds=40)
    assert Caller(outputs["api_url"], before.token).get("/items?limit=2").status == 200


@pytest.mark.needs("gateway-responses")
def test_a_token_signed_with_another_key_is_refused(environment: Environment, outputs: dict[str, Any]) -> None:
    import jwt

    genuine = tokens.mint(environment, outputs, "alice")
    claims = jwt.decode(genuine, options={"verify_signature": False})
    forged = jwt.encode(claims, "x" * 64, algorithm="HS256", headers={"kid": jwt.get_unverified_header(genuine)["kid"]})
    assert_problem(Caller(outputs["api_url"], forged).post("/items", ITEM), 401)
    expired = jwt.encode(claims | {"exp": 1}, "x" * 64, algorithm="HS256")
    assert_problem(Caller(outputs["api_url"], expired).post("/items", ITEM), 401)


def _events(aws: Callable[[str], Any], group: str) -> list[str]:
    return [event["message"] for event in everything(aws("logs"), "filter_log_events", logGroupName=group)]


def test_one_request_is_one_log_line_and_holds_no_secret(
    caller: Callable[..., Caller], aws: Callable[[str], Any], outputs: dict[str, Any]
) -> None:
    alice = caller("alice-in-the-logs")
    item = alice.post("/items", ITEM, {"X-Correlation-Id": "follow-me-4711"})
    assert item.status == 201
    assert item.headers["x-correlation-id"] == "follow-me-4711"
    group = f"/aws/lambda/{outputs['functions']['create-item']}"

    def lines() -> list[dict[str, Any]]:
        found = [json.loads(message) for message in _events(aws, group) if message.strip().startswith("{")]
        return [line for line in found if line.get("correlation_id") == "follow-me-4711"]

    eventually(lines)
    (line,) = lines()
    assert line["status"] == 201
    for name in outputs["functions"].values():
        for message in _events(aws, f"/aws/lambda/{name}"):
            for secret in (alice.token or "?", "alice-in-the-logs", "Bearer "):
                assert secret not in message, message
