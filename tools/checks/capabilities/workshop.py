"""What probes are made of: small resources, each removed at the end of the probe that made it."""

from __future__ import annotations

import dataclasses
import io
import json
import threading
import time
import zipfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from tools.access.clients import client
from tools.access.environments import Environment
from tools.access.sdk import emulator_client

_TELLING = """
import json, os
import boto3

_sqs = boto3.client("sqs")


def tell(what):
    _sqs.send_message(QueueUrl=os.environ["INBOX"], MessageBody=json.dumps(what))

"""
PATIENCE_S = 15.0
"""How long a probe waits for what should happen. On a busy machine a function takes seconds to start."""

_PATIENCE_OF_CALLS_S = 20
_POLL_S = 0.1


class Lacking(Exception):
    """The endpoint has not the capability; the message says what happened instead."""


class Clients:
    """boto3 clients of one environment, each made once. boto3 makes none in two threads at the same time."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.over = threading.Event()
        """Set when nobody waits for the probes any more."""
        self._made: dict[str, Any] = {}
        self._lock = threading.Lock()

    def __call__(self, service: str) -> Any:
        with self._lock:
            if service not in self._made:
                self._made[service] = client(self.environment, service, read_timeout=_PATIENCE_OF_CALLS_S)
            return self._made[service]

    def at(self, endpoint: str, service: str) -> Any:
        """Return a client of a part of the endpoint that has an address of its own."""
        with self._lock:
            return client(dataclasses.replace(self.environment, endpoint=endpoint), service)

    def of(self, keys: dict[str, str], service: str) -> Any:
        """Return a client with temporary credentials, as AssumeRole returns them."""
        with self._lock:
            return emulator_client(
                service,
                str(self.environment.endpoint),
                self.environment.variables["AWS_REGION"],
                {
                    "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
                    "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
                    "AWS_SESSION_TOKEN": keys["SessionToken"],
                },
                {"retries": {"total_max_attempts": 1}, "read_timeout": _PATIENCE_OF_CALLS_S},
            )


@dataclass(frozen=True)
class Queue:
    """A queue of a probe."""

    sqs: Any
    url: str
    arn: str
    over: threading.Event

    def until(self, enough: Callable[[list[Any]], bool], seconds: float = PATIENCE_S) -> list[Any]:
        """Take messages until there are enough or the time is over; return their bodies, parsed, in their order."""
        deadline, found = time.monotonic() + seconds, list[Any]()
        while not enough(found) and time.monotonic() < deadline and not self.over.is_set():
            answer = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                found.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def first(self, seconds: float = PATIENCE_S) -> Any:
        """Return the first message, or None when none comes in time."""
        return next(iter(self.until(bool, seconds)), None)


class Workshop:
    """Resources of one probe; a context manager that removes them all.

    Parameters
    ----------
    clients
        What reaches the endpoint.
    prefix
        How the names of everything begin.
    """

    def __init__(self, clients: Clients, prefix: str) -> None:
        self.clients = clients
        self.prefix = prefix
        self._made = 0
        self._undoing = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._undoing.close()

    def __call__(self, service: str) -> Any:
        """Return a client."""
        return self.clients(service)

    @property
    def region(self) -> str:
        """Where everything is."""
        return str(self.clients.environment.variables["AWS_REGION"])

    @property
    def account(self) -> str:
        """Whose everything is."""
        return str(self("sts").get_caller_identity()["Account"])

    def name(self) -> str:
        """Return a new name."""
        self._made += 1
        return f"{self.prefix}-{self._made}"

    def undo(self, call: Callable[..., Any], /, **arguments: Any) -> None:
        """Do this at the end, even where an earlier removal fails; what is gone already needs none."""
        from botocore.exceptions import BotoCoreError, ClientError

        def quietly() -> None:
            with suppress(ClientError, BotoCoreError):
                call(**arguments)

        self._undoing.callback(quietly)

    def queue(self, *, policy: dict[str, Any] | None = None, **attributes: str) -> Queue:
        """Make a queue; `policy` is the one statement of its policy, without the resource."""
        sqs = self("sqs")
        url = sqs.create_queue(QueueName=self.name(), Attributes=attributes)["QueueUrl"]
        self.undo(sqs.delete_queue, QueueUrl=url)
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        if policy:
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document({"Resource": arn} | policy)})
        return Queue(sqs, url, arn, self.clients.over)

    def role(self, *statements: dict[str, Any], principal: dict[str, Any] | None = None) -> str:
        """Make a role, for functions unless another principal is named, and return its ARN."""
        iam, name = self("iam"), self.name()
        trusted = principal or {"Service": "lambda.amazonaws.com"}
        trust = document({"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"})
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        self.undo(iam.delete_role, RoleName=name)
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=document(*statements))
            self.undo(iam.delete_role_policy, RoleName=name, PolicyName="rights")
        return str(arn)

    def function(self, code: str, *rights: dict[str, Any], inbox: Queue | None = None) -> str:
        """Make a function from its code, whose `handler` is called, and return its ARN.

        Parameters
        ----------
        rights
            Statements of its role's policy.
        inbox
            Where the code's `tell(anything)` sends to.
        """
        functions, name = self("lambda"), self.name()
        sends = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": inbox.arn} if inbox else None
        role = self.role(*rights, *([sends] if sends else []))
        made = functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="index.handler",
            Role=role,
            Code={"ZipFile": _zipped((_TELLING if inbox else "") + code)},
            Timeout=10,
            Environment={"Variables": {"INBOX": inbox.url} if inbox else {}},
        )
        # Undone the other way round: the log group goes when nothing writes to it any more.
        self.undo(self("logs").delete_log_group, logGroupName=f"/aws/lambda/{name}")
        self.undo(functions.delete_function, FunctionName=name)
        active = partial(self._state, name, "Active")
        if not holds(active, _PATIENCE_OF_CALLS_S):
            raise Lacking(f"a function does not become active within {_PATIENCE_OF_CALLS_S} s")
        return str(made["FunctionArn"])

    def _state(self, function: str, wanted: str) -> bool:
        state = self("lambda").get_function_configuration(FunctionName=function).get("State", "Active")
        if state == "Failed":
            raise Lacking("functions of python3.13 do not run")
        return bool(state == wanted)

    def invoke(self, function: str, event: Any = None) -> Any:
        """Invoke a function and return its answer."""
        answer = self("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        payload = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise Lacking(f"a function failed: {payload.get('errorMessage', payload)}")
        return payload


def document(*statements: dict[str, Any]) -> str:
    """Return a policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def holds(condition: Callable[[], object], seconds: float = PATIENCE_S) -> bool:
    """Wait for it, and return whether it came to hold."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def expect(holds: object, otherwise: str) -> None:
    """Raise `Lacking` unless it holds."""
    if not holds:
        raise Lacking(otherwise)


def _zipped(code: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", code)
    return packed.getvalue()
