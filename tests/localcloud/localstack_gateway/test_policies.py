"""Policies are evaluated as IAM does: for a method, statement by statement; an explicit deny wins."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.policies import anonymous_policy, caller_policy
from auth.verifier import Identity
from domain.callers import READ, WRITE, Caller
from localcloud.localstack.host.gateway.errors import PolicyProblem
from localcloud.localstack.host.gateway.policies import Verdict, evaluate
from tests.localcloud.localstack_gateway.requests import STAGE

ITEMS = f"{STAGE}/GET/items"
ALLOWED, DENIED, UNMENTIONED = Verdict.ALLOWED, Verdict.DENIED, Verdict.UNMENTIONED


def statement(effect: str = "Allow", action: Any = "execute-api:Invoke", resource: Any = ITEMS) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource}


def verdict(*statements: Any, method_arn: str = ITEMS, **facts: str) -> Verdict:
    known = {f"aws:{name}": value for name, value in facts.items()}
    return evaluate({"Version": "2012-10-17", "Statement": list(statements)}, method_arn, known)


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (ITEMS, ALLOWED),
        ("*", ALLOWED),
        (f"{STAGE}/*", ALLOWED),
        (f"{STAGE}/GET/*", ALLOWED),
        (f"{STAGE}/*/items", ALLOWED),
        (f"{STAGE}/GET/item?", ALLOWED),
        ("arn:aws:execute-api:*:*:*/prod/GET/items", ALLOWED),
        (["arn:aws:execute-api:eu-west-1:1:x/*", ITEMS], ALLOWED),
        (f"{STAGE}/POST/items", UNMENTIONED),
        (f"{STAGE}/GET/items/*", UNMENTIONED),
        (f"{STAGE}/GET/ITEMS", UNMENTIONED),
        (f"{STAGE}/GET/item.", UNMENTIONED),
        (f"{STAGE}/GET/items?", UNMENTIONED),
        (f"{STAGE}/GET", UNMENTIONED),
    ],
)
def test_resources_name_methods_with_wildcards(resource: Any, expected: Verdict) -> None:
    assert verdict(statement(resource=resource)) is expected


def test_a_wildcard_matches_slashes() -> None:
    assert verdict(statement(resource=f"{STAGE}/GET/*"), method_arn=f"{STAGE}/GET/items/1/images") is ALLOWED


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("execute-api:Invoke", ALLOWED),
        ("execute-api:invoke", ALLOWED),
        ("execute-api:*", ALLOWED),
        ("execute-api:Invok?", ALLOWED),
        ("*", ALLOWED),
        (["s3:GetObject", "execute-api:Invoke"], ALLOWED),
        ("execute-api:InvalidateCache", UNMENTIONED),
        (["s3:*"], UNMENTIONED),
    ],
)
def test_actions_are_not_case_sensitive(action: Any, expected: Verdict) -> None:
    assert verdict(statement(action=action)) is expected


def test_an_explicit_deny_overrides_every_allow() -> None:
    allow, deny = statement(resource="*"), statement("Deny")
    assert verdict(allow, deny) is verdict(deny, allow) is DENIED
    assert verdict(allow, deny, method_arn=f"{STAGE}/POST/items") is ALLOWED


def test_not_resource_can_allow_and_deny() -> None:
    all_but_admin = {"Effect": "Allow", "Action": "execute-api:Invoke", "NotResource": f"{STAGE}/*/admin*"}
    assert verdict(all_but_admin) is ALLOWED
    assert verdict(all_but_admin, method_arn=f"{STAGE}/GET/admin/users") is UNMENTIONED
    assert verdict({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}) is ALLOWED
    assert verdict({"Effect": "Allow", "NotAction": "execute-api:*", "Resource": "*"}) is UNMENTIONED


def test_a_single_statement_needs_no_list() -> None:
    assert evaluate({"Statement": statement()}, ITEMS, {}) is ALLOWED


@pytest.mark.parametrize(
    "document",
    [
        None,
        "allow",
        [],
        {},
        {"Statement": []},
        {"Statement": ["Allow"]},
        {"Statement": [{"Action": "*", "Resource": "*"}]},
        {"Statement": [statement(effect="allow")]},
        {"Statement": [{"Effect": "Allow", "Resource": "*"}]},
        {"Statement": [{"Effect": "Allow", "Action": "*"}]},
        {"Statement": [statement() | {"NotResource": "*"}]},
        {"Statement": [statement(resource=[])]},
        {"Statement": [statement(resource=[1])]},
        {"Statement": [statement(), {"Effect": "Deny"}]},
        *({"Statement": [{**statement(), "Effect": effect}]} for effect in (["Allow"], {"Allow": 1}, {}, None, 1)),
        {"Statement": [{**statement(), "Resource": [["*"]]}]},
        {"Statement": [{**statement(), "Action": {"a": "b"}}]},
    ],
)
def test_an_invalid_policy_is_refused(document: Any) -> None:
    with pytest.raises(PolicyProblem):
        evaluate(document, ITEMS, {})


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, True),
        ({"IpAddress": {"AWS:sourceip": ["192.0.2.1", "203.0.113.17"]}}, True),
        ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, False),
        ({"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, True),
        ({"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]}}, False),
        ({"StringEquals": {"aws:UserAgent": "curl"}}, True),
        ({"StringEquals": {"aws:UserAgent": "CURL"}}, False),
        ({"StringEqualsIgnoreCase": {"aws:UserAgent": "CURL"}}, True),
        ({"StringLike": {"aws:UserAgent": "c*l"}}, True),
        ({"StringNotLike": {"aws:UserAgent": "c*l"}}, False),
        ({"StringNotEquals": {"aws:Referer": "x"}}, True),
        ({"StringEquals": {"aws:Referer": "x"}}, False),
        ({"StringEqualsIfExists": {"aws:Referer": "x"}}, True),
        ({"Null": {"aws:Referer": "true"}}, True),
        ({"Null": {"aws:UserAgent": True}}, False),
        ({"Bool": {"aws:SecureTransport": False}}, True),
        ({"NumericLessThan": {"aws:EpochTime": 2_000_000_000}}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2026-11-23T10:00:00Z"}}, True),
        ({"DateLessThan": {"aws:CurrentTime": "2026-11-23T10:00:00Z"}}, False),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}, "StringEquals": {"aws:UserAgent": "wget"}}, False),
        ({}, True),
    ],
)
def test_a_statement_applies_when_its_conditions_match(condition: Any, holds: bool) -> None:
    facts = {"SourceIp": "203.0.113.17", "UserAgent": "curl", "SecureTransport": "false"}
    facts |= {"EpochTime": "1795428942.123", "CurrentTime": "1795428942.123"}
    assert (verdict(statement() | {"Condition": condition}, **facts) is ALLOWED) is holds
    denied = verdict(statement(resource="*"), statement("Deny") | {"Condition": condition}, **facts)
    assert (denied is DENIED) is holds


@pytest.mark.parametrize(
    "condition",
    ["x", {"StringEquals": "x"}, {"Equals": {"aws:SourceIp": "x"}}, {"IpAddress": {"aws:SourceIp": "here"}}],
)
def test_a_condition_that_cannot_be_evaluated_is_refused(condition: Any) -> None:
    with pytest.raises(PolicyProblem):
        verdict(statement() | {"Condition": condition}, SourceIp="203.0.113.17")


@pytest.mark.parametrize(
    ("scopes", "method", "expected"),
    [
        ({READ}, "GET", ALLOWED),
        ({READ}, "PUT", UNMENTIONED),
        ({WRITE}, "GET", UNMENTIONED),
        ({WRITE}, "DELETE", ALLOWED),
        ({READ, WRITE}, "POST", ALLOWED),
        (set(), "GET", DENIED),
    ],
)
def test_the_projects_own_policy_of_a_caller_holds_in_the_whole_stage(
    scopes: set[str], method: str, expected: Verdict
) -> None:
    policy = caller_policy(Identity(Caller("alice", frozenset(scopes)), 4102444800), ITEMS)["policyDocument"]
    assert evaluate(policy, f"{STAGE}/{method}/items/17", {}) is expected
    assert evaluate(policy, f"{STAGE}/{method}/items/17".replace("/prod/", "/test/"), {}) is not ALLOWED


def test_the_projects_own_policy_of_nobody_lists_items_and_no_more() -> None:
    policy = anonymous_policy(ITEMS)["policyDocument"]
    assert evaluate(policy, ITEMS, {}) is ALLOWED
    assert evaluate(policy, f"{STAGE}/GET/items/17", {}) is UNMENTIONED
    assert evaluate(policy, f"{STAGE}/POST/items", {}) is UNMENTIONED


@given(st.text(alphabet="ab/*?.[\\$^(", max_size=8), st.text(alphabet="ab/.[\\$^(", max_size=8))
def test_a_pattern_means_what_its_two_wildcards_say_and_nothing_else(pattern: str, value: str) -> None:
    def matches(pattern: str, value: str) -> bool:
        if not pattern:
            return not value
        if pattern[0] == "*":
            return matches(pattern[1:], value) or (bool(value) and matches(pattern, value[1:]))
        return bool(value) and pattern[0] in ("?", value[0]) and matches(pattern[1:], value[1:])

    found = verdict(statement(resource=f"arn:{pattern}"), method_arn=f"arn:{value}")
    assert (found is ALLOWED) is matches(pattern, value)
