"""With each patch the local cloud behaves as AWS does, and without it MiniStack does not."""

from __future__ import annotations

import base64
import json

import pytest

from localcloud.ministack import patches
from tests.localcloud.aws import Aws
from tests.localcloud.probing import ProbeEndpoint

every_patch = pytest.mark.parametrize("name", patches.names())


@every_patch
def test_behaves_as_aws_does(name: str, aws: Aws) -> None:
    assert patches.load(name).probe(ProbeEndpoint(aws.url, aws.restart))


@pytest.mark.full  # Only another version of MiniStack could change it.
@every_patch
def test_ministack_alone_still_does_not(name: str, unpatched: Aws) -> None:
    assert not patches.load(name).probe(ProbeEndpoint(unpatched.url, unpatched.restart)), (
        "fixed by MiniStack: the patch can go"
    )


def test_a_log_holds_the_lines_of_its_own_invocation(aws: Aws) -> None:
    code = "def handler(event, context):\n    print('line of', event)\n    return event"
    function = aws.function(code)
    results = [_log(aws, function, number) for number in range(3)]
    assert all(f"line of {number}" in text for number, text in enumerate(results))
    assert all(text.count("line of") == 1 and "end of invocation" not in text for text in results)


def _log(aws: Aws, function: str, number: int) -> str:
    answer = aws("lambda").invoke(FunctionName=function, Payload=json.dumps(number), LogType="Tail")
    return base64.b64decode(answer["LogResult"]).decode()


def test_a_handlers_exception_is_not_taken_for_the_end_of_its_process(aws: Aws) -> None:
    """The text of the exception is the one by which MiniStack reports a process that exited."""
    raising = aws.function("def handler(event, context):\n    raise ValueError('Worker process died')")
    error = json.loads(aws("lambda").invoke(FunctionName=raising)["Payload"].read())
    assert error["errorMessage"] == "Worker process died"


def test_a_throttle_that_is_set_throttles(aws: Aws) -> None:
    api = aws.api(integration={"type": "MOCK"})
    limits = {"throttling/burstLimit": "2", "throttling/rateLimit": "0.01"}
    changes = [{"op": "replace", "path": f"/*/*/{path}", "value": value} for path, value in limits.items()]
    aws("apigateway").update_stage(restApiId=api.id, stageName="prod", patchOperations=changes)
    answers = [api.call() for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].headers["x-amzn-errortype"] == "TooManyRequestsException"
