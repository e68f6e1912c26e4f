"""A runtime for these tests in the standard library: it does what AWS's client does, as the event tells it.

The tests run it as a program; it runs `PREPARE` from its environment before it asks for its first event.
"""

import http.client
import json
import os
import sys
import time
import traceback
from typing import Any

_API = os.environ["AWS_LAMBDA_RUNTIME_API"]
_PREFIX = "/2018-06-01/runtime/"


def call(
    method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
) -> tuple[int, Any, bytes]:
    connection = http.client.HTTPConnection(_API)
    connection.request(method, _PREFIX + path, body, headers or {})
    response = connection.getresponse()
    return response.status, response.headers, response.read()


def frame(message: str) -> None:
    data = message.encode()
    head = b"\xa5\x5a\x00\x03" + len(data).to_bytes(4, "big") + (time.time_ns() // 1000).to_bytes(8, "big")
    os.write(int(os.environ["_LAMBDA_TELEMETRY_LOG_FD"]), head + data)


def main() -> None:
    try:
        exec(os.environ.get("PREPARE", ""))
    except Exception as problem:
        body = json.dumps({"errorMessage": str(problem), "errorType": type(problem).__name__})
        call("POST", "init/error", body, {"Lambda-Runtime-Function-Error-Type": type(problem).__name__})
        sys.exit(1)
    count = 0
    while True:
        _, headers, event = call("GET", "invocation/next")
        count += 1
        request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        known: dict[str, Any] = {"headers": headers, "frame": frame, "count": count, "call": call}
        try:
            exec(json.loads(event).get("do", ""), known)
            answer, kind = {"count": count, "pid": os.getpid(), **known.get("answer", {})}, "response"
        except Exception as problem:
            answer, kind = {"errorMessage": str(problem), "stackTrace": traceback.format_exc().splitlines()}, "error"
        status, _, _ = call("POST", f"invocation/{request_id}/{kind}", json.dumps(answer))
        if status != 202:
            sys.exit(1)


main()
