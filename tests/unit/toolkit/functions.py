"""Lambda of the test's own: functions that answer, fail, and remember what they were given."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import botocore.exceptions


class Functions:
    """A client of Lambda. `answers` has what each function returns, `errors` the function error of those that fail."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.errors: dict[str, dict[str, Any]] = {}
        self.refusals: list[str] = []
        self.log = "START\nhello\nEND\n"
        self.calls: list[dict[str, Any]] = []

    def invoke(self, *, FunctionName: str, Payload: bytes, InvocationType: str, **options: Any) -> dict[str, Any]:
        if self.refusals:
            code = self.refusals.pop()
            raise botocore.exceptions.ClientError({"Error": {"Code": code, "Message": "no"}}, "Invoke")
        event = json.loads(Payload)
        self.calls.append({"function": FunctionName, "event": event, "type": InvocationType, **options})
        if InvocationType == "Event":
            return {"StatusCode": 202, "Payload": io.BytesIO(b"")}
        answer: dict[str, Any] = {"StatusCode": 200, "ExecutedVersion": "7"}
        if options["LogType"] == "Tail":
            answer["LogResult"] = base64.b64encode(self.log.encode()).decode()
        if FunctionName in self.errors:
            answer |= {"FunctionError": "Unhandled"}
        content = self.errors.get(FunctionName, self.answers.get(FunctionName))
        text = content if isinstance(content, bytes) else json.dumps(content).encode()
        return answer | {"Payload": io.BytesIO(text)}
