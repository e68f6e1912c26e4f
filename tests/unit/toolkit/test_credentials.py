"""Credentials that were good once are one sentence, whoever says so."""

from __future__ import annotations

from typing import Any

import botocore.exceptions
import pytest

from tools.access.clients import answering
from tools.access.environments import Environment, on_aws
from tools.deployment.terraform.problems import explain
from tools.errors import MachineProblem, ToolError
from tools.project import Project

SENTENCE = ("The AWS credentials have expired.", "aws sso login, or set AWS_PROFILE")


def _refused(code: str) -> botocore.exceptions.ClientError:
    return botocore.exceptions.ClientError({"Error": {"Code": code, "Message": "no"}}, "AssumeRole")


EXPIRED: list[Exception] = [
    _refused("ExpiredToken"),
    _refused("ExpiredTokenException"),
    _refused("RequestExpired"),
    botocore.exceptions.SSOTokenLoadError(error_msg="gone"),
    botocore.exceptions.UnauthorizedSSOTokenError(),
    botocore.exceptions.TokenRetrievalError(provider="sso", error_msg="Token has expired and refresh failed"),
]


@pytest.mark.parametrize("error", EXPIRED)
def test_a_call(aws: Environment, error: Exception) -> None:
    with pytest.raises(MachineProblem) as caught, answering(aws, "the key"):
        raise error
    assert (caught.value.problem, caught.value.fix) == SENTENCE


@pytest.mark.parametrize("error", EXPIRED)
def test_before_anything_is_built(project: Project, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    class Credentials:
        def get_frozen_credentials(self) -> None:
            raise error

    class Session:
        region_name = "eu-west-1"

        def get_credentials(self) -> Any:
            return Credentials()

    monkeypatch.setattr("tools.access.sdk.aws_session", Session)
    with pytest.raises(MachineProblem) as caught:
        on_aws(project, "dev")
    assert (caught.value.problem, caught.value.fix) == SENTENCE


@pytest.mark.parametrize(
    "said",
    [
        "operation error STS: GetCallerIdentity, api error ExpiredToken: The security token is expired",
        "failed to refresh cached credentials, refresh cached SSO token failed, unable to refresh SSO token",
        "operation error SSO OIDC: CreateToken, InvalidGrantException",
        "get credentials: the SSO session has expired: token has expired",
        "api error RequestExpired: Request has expired.",
    ],
)
def test_terraform(said: str) -> None:
    error: ToolError = explain([{"severity": "error", "summary": said}], "plan", emulated=False, workspace="dev")
    assert (error.problem, error.fix) == SENTENCE
