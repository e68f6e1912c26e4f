"""Attacks on the port of the real LocalStack."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

import localcloud
from localcloud import LOCALSTACK
from tests.localcloud import attack_checks
from tests.localcloud.attack_checks import every_sender
from tests.localcloud.attacks import Victim
from tests.localcloud.aws import REGION, Aws
from tools.project import Project


@pytest.fixture(scope="module")
def victim(localstack_project: Project) -> Victim:
    return Victim.on(Aws(localcloud.up(localstack_project, LOCALSTACK).url))


@every_sender
def test_no_attack_is_executed(victim: Victim, sender: str) -> None:
    attack_checks.check_attacks_change_nothing(victim, sender)


def test_a_valid_signature_counts_only_under_the_ports_own_names(victim: Victim) -> None:
    attack_checks.check_signature_is_not_enough(victim)


def test_a_page_can_use_what_the_application_opens_to_it(victim: Victim) -> None:
    attack_checks.check_pages_reach_the_application(victim)


def test_the_instance_address_reveals_no_key(victim: Victim) -> None:
    attack_checks.check_no_secret_is_revealed(victim)


def test_there_are_no_websockets(victim: Victim) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(victim.aws.url.replace("http", "ws", 1) + "/_aws/execute-api/x/prod")
    assert refused.value.response.status_code == 403


def test_only_issued_keys_are_accepted(victim: Victim) -> None:
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
