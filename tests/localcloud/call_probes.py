"""Probes of the patches by which calls are answered, whatever went wrong with them; `test_patches` runs them."""

from __future__ import annotations

import json

from tests.localcloud.attempts import attempt
from tests.localcloud.aws import Aws
from tests.localcloud.sources import function


def authorizer_answers(aws: Aws) -> bool:
    code = """
def handler(event, context):
    remember(event["multiValueQueryStringParameters"])
    effect = ["Allow"] if event["queryStringParameters"]["list"] == "yes" else "Allow"
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    return {"principalId": "p", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""
    asked = function(aws, code)
    api = aws.api(integration={"type": "MOCK"})
    api.authorize(asked.alias, "method.request.querystring.a")
    answers = [api.call(path=f"/x?{query}").status for query in ("a=1&list=yes", "a=1&a=2&list=no", "a=1&a=3&list=no")]
    return answers == [500, 200, 200] and len(asked.events) == 3


def handler_exceptions(aws: Aws) -> bool:
    code = "import os\ndef handler(event, context):\n    raise ValueError(str(os.getpid()))"
    raising = aws.function(code)
    answers = [json.loads(aws("lambda").invoke(FunctionName=raising)["Payload"].read()) for _ in range(2)]
    first, second = (answer["errorMessage"] for answer in answers)
    return bool(first == second)


def worker_exits(aws: Aws) -> bool:
    code = "import os\ndef handler(event, context):\n    os._exit(3) if event else os.kill(os.getpid(), 40)"
    dying = aws.function(code)
    answers = [aws("lambda").invoke(FunctionName=dying, Payload=payload) for payload in ("1", "0")]
    told = [json.loads(answer["Payload"].read()) for answer in answers]
    return [(each["errorType"], each["errorMessage"].partition(" Error: ")[2]) for each in told] == [
        ("Runtime.ExitError", "Runtime exited with error: exit status 3"),
        ("Runtime.ExitError", "Runtime exited with error: signal: signal 40"),
    ]


def repeated_calls(aws: Aws) -> bool:
    table = json.dumps(
        {
            "TableName": f"table-{aws.name()}",
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        }
    )
    first, second = (attempt(aws, number, table, invocation="probe") for number in (1, 2))
    return (first.status, second.status) == (200, 200) and first.body == second.body
