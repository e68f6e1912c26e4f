"""The policy that API Gateway applies for a caller ("Output from an API Gateway Lambda authorizer")."""

from __future__ import annotations

from typing import Any

from auth.verifier import Identity
from domain.callers import READ, WRITE

_METHODS = {READ: ("GET",), WRITE: ("POST", "PUT", "DELETE")}


def caller_policy(identity: Identity, method_arn: str) -> dict[str, Any]:
    """Return what an identified caller may do in the whole stage.

    API Gateway keeps the answer by token, and applies it to whatever path the same token asks for next: a policy about
    the method asked for would be wrong there. It may keep it for longer than the token is good, so that `exp` is in the
    context, and the functions refuse by it. All values are text: that is what API Gateway makes of them on their way.

    Parameters
    ----------
    identity
        Whom the token identifies, and until when.
    method_arn
        ARN of the method asked for, "arn:aws:execute-api:region:account:api/stage/GET/items".
    """
    stage, caller = _stage(method_arn), identity.caller
    allowed = [f"{stage}/{method}/*" for scope, methods in _METHODS.items() if caller.may(scope) for method in methods]
    statement = _statement("Allow", allowed) if allowed else _statement("Deny", [f"{stage}/*/*"])
    scope = " ".join(sorted(caller.scopes))
    context = {"kind": "user", "sub": caller.subject, "scope": scope, "exp": str(identity.expires_at)}
    return _answer(caller.subject, statement, context)


def anonymous_policy(method_arn: str) -> dict[str, Any]:
    """Return what a caller without a token may do: list items, and nothing else."""
    statement = _statement("Allow", [f"{_stage(method_arn)}/GET/items"])
    return _answer("anonymous", statement, {"kind": "anonymous", "sub": "anonymous", "scope": ""})


def _stage(method_arn: str) -> str:
    api, stage, *_ = method_arn.split("/")
    return f"{api}/{stage}"


def _statement(effect: str, resources: list[str]) -> dict[str, Any]:
    return {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resources}


def _answer(principal: str, statement: dict[str, Any], context: dict[str, str]) -> dict[str, Any]:
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": principal, "policyDocument": policy, "context": context}
