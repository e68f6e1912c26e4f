"""A retried call gets the answer of the first attempt.

LocalStack executes a second attempt like the first, so it is refused as a conflict. AWS does the same, but seldom loses
an answer. As on MiniStack, the second attempt gets the answer of the first; `localcloud.kept_answers` says which
answers are kept, and for how long. Uploads to S3 are excluded: storing an object twice does no harm.
"""

from __future__ import annotations

import hashlib
import threading
import time
from typing import Any

from localcloud.kept_answers import Answer, Attempt, Calls
from localcloud.sdk_calls import Call

_TEXTS = ("application/json", "application/x-amz-json", "application/x-www-form-urlencoded")


def apply() -> None:
    """Wrap everything that LocalStack serves."""
    from localstack.aws.app import LocalstackAwsGateway

    process, gate = LocalstackAwsGateway.process, Gate()

    def processing(self: Any, request: Any, response: Any) -> None:
        gate.serve(request, response, lambda: process(self, request, response))

    LocalstackAwsGateway.process = processing


class Gate:
    """Gives later attempts the answer of the first; thread-safe. Requests and responses are werkzeug's."""

    def __init__(self) -> None:
        self._calls = Calls(threading.Event)
        self._lock = threading.Lock()

    def serve(self, request: Any, response: Any, carry_out: Any) -> None:
        """Fill in the response, with the first attempt's answer or by calling `carry_out`."""
        call = self._call(request)
        if call is None:
            carry_out()
            return
        digest = hashlib.sha256(request.get_data()).hexdigest()
        while True:
            with self._lock:
                before = self._calls.find(call.key)
                if before is None or (before.ended.is_set() and not (before.answer and before.body == digest)):
                    attempt = self._calls.begin(call.key, str(request.remote_addr))
                    attempt.body = digest
                    break
            if before.answer:
                call.log(f"{before.outcome(time.monotonic())}; it gets the same answer")
                _fill(response, before.answer)
                return
            before.ended.wait()
        if before or call.number > 1:
            call.log(before.outcome(time.monotonic()) if before else "no previous attempt is known")
        self._carry_out(call, attempt, response, carry_out)

    def _call(self, request: Any) -> Call | None:
        """Return the call, or `None` when it is excluded."""
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request.headers]
        call = Call.of(request.method, request.path.encode(), request.query_string, headers)
        if call is None or call.reads or not call.fits:
            return None
        if request.content_length and not str(request.content_type).startswith(_TEXTS):
            return None
        return None if call.is_form and call.reads_by(request.get_data()) else call

    def _carry_out(self, call: Call, attempt: Attempt, response: Any, carry_out: Any) -> None:
        try:
            carry_out()
            if response.is_sequence:
                headers = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers)
                with self._lock:
                    self._calls.keep(call.key, attempt, Answer(response.status_code, headers, response.get_data()))
        finally:
            attempt.status, attempt.answered = response.status_code, time.monotonic()
            attempt.fate = "and handed to the server"
            attempt.ended.set()


def _fill(response: Any, answer: Answer) -> None:
    response.status_code = answer.status
    response.headers.clear()
    for name, value in answer.headers:
        response.headers.add(name.decode("latin-1"), value.decode("latin-1"))
    response.set_data(answer.body)
