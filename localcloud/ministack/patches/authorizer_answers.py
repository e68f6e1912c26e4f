"""An authorizer's whole policy is evaluated, and an invalid one is a configuration error.

MiniStack skips statements that it does not understand (such as an `Effect` that is a list), and ignores a policy's
actions, `NotResource` and conditions. It caches a result by the first value of a query parameter, although the function
sees all values and may decide by another. On AWS (API Gateway Developer Guide, "Output from an API Gateway Lambda
authorizer" and "Use API Gateway Lambda authorizers"; IAM User Guide, "Policy evaluation logic") an invalid policy is
answered with 500 and AUTHORIZER_CONFIGURATION_ERROR. The patch applies the rules that we also use in LocalStack's
gateway.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from localcloud.localstack.host.gateway.errors import PolicyProblem
from localcloud.localstack.host.gateway.grants import grant
from localcloud.localstack.host.gateway.policies import Verdict, evaluate
from localcloud.localstack.host.gateway.refusals import Refusal
from localcloud.ministack.patches import rest_requests
from localcloud.ministack.probing import Endpoint

EFFECT = (
    "an authorizer's whole policy is evaluated; an invalid one is a 500; results are cached by every value that "
    "the authorizer saw"
)

_QUERY = "method.request.querystring."
_DECISIONS = {Verdict.ALLOWED: "Allow", Verdict.DENIED: "Deny", Verdict.UNMENTIONED: "NoMatch"}


def apply() -> None:
    """Patch the call of an authorizer, the evaluation of its policy, and the cache key."""
    from ministack.services import apigateway_v1 as gateway

    call, find = gateway._invoke_authorizer_lambda, gateway._request_identity_sources

    async def calling(authorizer: Any, event: dict[str, Any], account: str, region: str) -> Any:
        result = await call(authorizer, event, account, region)
        if result is None or result.get("error") or _is_answer(result.get("body"), event["methodArn"]):
            return result
        return {**result, "body": None}

    def evaluating(policy: Any, method_arn: str) -> str:
        return _DECISIONS[evaluate(policy, method_arn, _facts())]

    def finding(sources: str | None, headers: Any, query: Mapping[str, Any] | None, stage: Any) -> Any:
        _, values = find(sources, headers, query, stage)
        named = [source.strip() for source in (sources or "").split(",") if source.strip()]
        found = [
            _all_values(query or {}, source.removeprefix(_QUERY)) if source.startswith(_QUERY) else value
            for source, value in zip(named, values, strict=True)
        ]
        return all(found), found

    gateway._invoke_authorizer_lambda = calling
    gateway._evaluate_policy = evaluating
    gateway._request_identity_sources = finding


def _is_answer(body: Any, method_arn: str) -> bool:
    try:
        granted = grant(json.loads(body) if isinstance(body, str | bytes) else body)
        evaluate(granted.policy, method_arn, _facts())
    except (PolicyProblem, Refusal, ValueError):
        return False
    return True


def _facts() -> dict[str, str]:
    """Return the condition keys of the current request, as far as they are known here."""
    request = rest_requests.current() or {}
    facts = {
        "aws:SourceIp": request.get("source_ip"),
        "aws:UserAgent": request.get("headers", {}).get("user-agent"),
        "aws:Referer": request.get("headers", {}).get("referer"),
        "aws:EpochTime": str(time.time()),
        "aws:CurrentTime": str(time.time()),
        "aws:SecureTransport": "true",
    }
    return {name: str(value) for name, value in facts.items() if value}


def _all_values(query: Mapping[str, Any], name: str) -> str:
    """Return all values of a parameter as one text, empty when there is none."""
    sent = query.get(name) or []
    values: Sequence[str] = sent if isinstance(sent, list) else [sent]
    return json.dumps(list(values)) if any(values) else ""


def probe(aws: Endpoint) -> bool:
    """Return an invalid policy once, and use several values of one parameter."""
    code = """
def handler(event, context):
    record(event["multiValueQueryStringParameters"])
    effect = ["Allow"] if event["queryStringParameters"]["list"] == "yes" else "Allow"
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    return {"principalId": "p", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""
    authorizer = aws.recording_function(code)
    api = aws.api(integration={"type": "MOCK"})
    api.authorize(authorizer.alias, "method.request.querystring.a")
    queries = ("a=1&list=yes", "a=1&a=2&list=no", "a=1&a=3&list=no")
    statuses = [api.call(path=f"/x?{query}").status for query in queries]
    return statuses == [500, 200, 200] and len(authorizer.events) == 3
