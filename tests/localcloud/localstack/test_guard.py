"""Strangers at the real LocalStack's port."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

import localcloud
from localcloud import LOCALSTACK
from tests.localcloud import guarding
from tests.localcloud.aws import REGION, Aws
from tests.localcloud.guarding import every_sender
from tests.localcloud.strangers import Victim
from tools.project import Project


@pytest.fixture(scope="module")
def victim(localstack_project: Project) -> Victim:
    return Victim.on(Aws(localcloud.up(localstack_project, LOCALSTACK).url))


@every_sender
def test_nothing_that_a_stranger_sends_is_carried_out(victim: Victim, sender: str) -> None:
    guarding.changes_nothing(victim, sender)


def test_even_a_good_signature_counts_under_the_ports_own_name_alone(victim: Victim) -> None:
    guarding.signature_is_not_enough(victim)


def test_a_page_reaches_what_the_application_opens_to_it(victim: Victim) -> None:
    guarding.pages_reach_the_application(victim)


def test_who_answers_is_told_and_no_key(victim: Victim) -> None:
    guarding.tells_no_secret(victim)


def test_there_is_no_websocket_to_reach(victim: Victim) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(victim.aws.url.replace("http", "ws", 1) + "/_aws/execute-api/x/prod")
    assert refused.value.response.status_code == 403


def test_keys_that_it_gives_out_are_good_and_others_are_not(victim: Victim) -> None:
    aws = victim.aws

    def caller(key_id: str, secret: str, token: str | None = None) -> str:
        sts = boto3.client(
            "sts",
            endpoint_url=aws.url,
            region_name=REGION,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(retries={"total_max_attempts": 1}),
        )
        return str(sts.get_caller_identity()["Account"])

    session = aws("sts").assume_role(RoleArn=aws.role(), RoleSessionName="guarded")["Credentials"]
    keys = session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]
    assert caller(aws.key.id, aws.key.secret) == caller(*keys) == "000000000000"
    for refused in (
        ("test", "test"),
        ("000000000000", "test"),
        ("__internal_call__", "__internal_call__"),
        (aws.key.id, "test"),
        keys[:2],
        (*keys[:2], "another"),
    ):
        with pytest.raises(ClientError, match=r"InvalidClientTokenId|SignatureDoesNotMatch|InvalidToken"):
            caller(*refused)
