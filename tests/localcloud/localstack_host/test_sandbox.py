"""Execution environments, with real processes."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud import process
from localcloud.localstack.host.platform_log import PlatformLog
from localcloud.localstack.host.runtime_api import RESPONSE_LIMIT, Invocation, now_ms
from localcloud.localstack.host.sandbox import Limits, Result, Sandbox
from localcloud.localstack.host.worker import Program
from tests.localcloud.conftest import until

_CLIENT = Path(__file__).with_name("client.py")
Make = Callable[..., Sandbox]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Sandbox] = []

    def making(prepare: str = "", timeout_s: float = 20, **variables: str) -> Sandbox:
        program = Program(
            (sys.executable, "-S", str(_CLIENT)),
            tmp_path,
            {"PREPARE": prepare, "TMPDIR": str(tmp_path / "own"), **variables},
        )
        log = PlatformLog(version="7", as_json=False, level="INFO", now_ms=now_ms)
        made.append(Sandbox(program, Limits(timeout_s=timeout_s, memory_mb=128), log))
        return made[-1]

    yield making
    for sandbox in made:
        sandbox.stop()


def invoke(sandbox: Sandbox, do: str = "", request_id: str = "r-1", **more: Any) -> Result:
    return sandbox.invoke(Invocation(request_id, json.dumps({"do": do}).encode(), "arn:aws:lambda:f", **more))


def answer(result: Result) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(result.answer.payload)
    return content


def lines(result: Result) -> list[str]:
    return [event.message for event in result.events]


def text(result: Result) -> str:
    return "".join(lines(result))


def descriptors() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_a_process_is_started_once_and_called_many_times(make: Make) -> None:
    sandbox = make()
    assert sandbox.start() is None
    first, second = invoke(sandbox), invoke(sandbox, request_id="r-2")
    assert (answer(first)["count"], answer(second)["count"]) == (1, 2)
    assert answer(first)["pid"] == answer(second)["pid"]
    assert not first.answer.error
    assert "Init Duration: " in lines(first)[-1]
    assert "Init Duration: " not in lines(second)[-1]


def test_a_call_without_a_start_starts_it(make: Make) -> None:
    assert answer(invoke(make()))["count"] == 1


def test_an_invocation_has_the_headers_of_aws(make: Make) -> None:
    received = answer(
        invoke(
            make(),
            "answer = {name: value for name, value in headers.items() if name.startswith('Lambda-')}",
            trace="Root=1-2-3;Sampled=1",
            client_context='{"custom": {"a": "b"}}',
        )
    )
    remaining_ms = int(received["Lambda-Runtime-Deadline-Ms"]) - now_ms()
    assert 10_000 < remaining_ms <= 20_000
    assert received["Lambda-Runtime-Aws-Request-Id"] == "r-1"
    assert received["Lambda-Runtime-Invoked-Function-Arn"] == "arn:aws:lambda:f"
    assert received["Lambda-Runtime-Trace-Id"] == "Root=1-2-3;Sampled=1"
    assert json.loads(received["Lambda-Runtime-Client-Context"]) == {"custom": {"a": "b"}}


def test_each_call_has_its_own_log(make: Make) -> None:
    sandbox = make("print('prepared', flush=True)")
    sandbox.start()
    first = invoke(
        sandbox,
        "print('one\\n\\ntwo', flush=True)\nframe('of\\nseveral lines\\n')\nprint('no end', end='', flush=True)",
    )
    second = invoke(sandbox, "import sys; print('three', file=sys.stderr, flush=True)", "r-2")
    assert lines(first)[:2] == ["prepared\n", "START RequestId: r-1 Version: 7\n"]
    assert {"one\n", "two\n", "of\nseveral lines\n", "no end"} == set(lines(first)[2:-2])
    assert lines(first)[-2] == "END RequestId: r-1\n"
    assert lines(second)[:-1] == ["START RequestId: r-2 Version: 7\n", "three\n", "END RequestId: r-2\n"]


def test_an_error_of_the_function_leaves_its_process(make: Make) -> None:
    sandbox = make()
    failed = invoke(sandbox, "raise ValueError('bad')")
    assert failed.answer.error
    assert answer(failed)["errorMessage"] == "bad"
    assert "Status" not in lines(failed)[-1]
    assert answer(invoke(sandbox))["count"] == 2


def test_a_call_that_takes_too_long_is_ended(make: Make) -> None:
    sandbox = make(timeout_s=0.5)
    sandbox.start()
    pid = answer(invoke(sandbox))["pid"]
    began = time.monotonic()
    late = invoke(sandbox, "import time; print('begun', flush=True); time.sleep(60)", "r-2")
    assert time.monotonic() - began < 5
    assert answer(late) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: r-2 Error: Task timed out after 0.50 seconds",
    }
    assert process.start_time(pid) is None
    assert "begun\n" in lines(late)
    assert " r-2 Task timed out after 0.50 seconds\n" in text(late)
    assert "Duration: 500.00 ms" in lines(late)[-1]
    assert "Status: timeout" in lines(late)[-1]


def test_what_a_function_has_started_ends_with_it(make: Make) -> None:
    sandbox = make(timeout_s=1)
    sandbox.start()
    late = invoke(
        sandbox,
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, flush=True)\ntime.sleep(60)",
    )
    pid = int(next(line for line in lines(late) if line.strip().isdigit()))
    until(lambda: process.start_time(pid) is None)


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        ("os._exit(3)", "Runtime exited with error: exit status 3"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
        ("os.kill(os.getpid(), 11)", "Runtime exited with error: signal: segmentation fault"),
        ("os.kill(os.getpid(), 15)", "Runtime exited with error: signal: terminated"),
        ("os.kill(os.getpid(), 40)", "Runtime exited with error: signal: signal 40"),
    ],
)
def test_a_process_that_ends_is_an_error_and_the_next_call_has_another(make: Make, ending: str, reason: str) -> None:
    sandbox = make()
    ended = invoke(sandbox, f"import os; print('last words', flush=True); {ending}")
    assert answer(ended) == {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: r-1 Error: {reason}"}
    assert "last words\n" in lines(ended)
    assert f"RequestId: r-1 Error: {reason}\nRuntime.ExitError\n" in lines(ended)
    assert "Status: error\tError Type: Runtime.ExitError" in lines(ended)[-1]
    assert answer(invoke(sandbox))["count"] == 1


@pytest.mark.parametrize(
    ("program", "folder", "status", "received"),
    [
        ("/nowhere/wrapper", ".", 127, "/nowhere/wrapper: does not exist\n"),
        ("wrapper", ".", 126, "wrapper: Permission denied\n"),
        ("no-program", ".", 126, "no-program: Exec format error\n"),
        ("no-interpreter", ".", 127, "no-interpreter: does not exist\n"),
        (sys.executable, "nowhere", 127, f"{sys.executable}: does not exist\n"),
    ],
)
def test_a_program_that_cannot_be_run_is_an_error(
    tmp_path: Path, program: str, folder: str, status: int, received: str
) -> None:
    """As when `AWS_LAMBDA_EXEC_WRAPPER` names a file that is not a program."""
    (tmp_path / "wrapper").write_text("#!/bin/sh\n")
    (tmp_path / "no-program").write_text("neither a script nor a binary")
    (tmp_path / "no-interpreter").write_text("#!/nowhere/sh\n")
    for name in ("no-program", "no-interpreter"):
        (tmp_path / name).chmod(0o755)
    path = program if program.startswith("/") else str(tmp_path / program)
    log = PlatformLog(version="7", as_json=False, level="INFO", now_ms=now_ms)
    sandbox = Sandbox(Program((path,), tmp_path / folder, {}), Limits(timeout_s=5, memory_mb=128), log)
    before = descriptors()
    failure = sandbox.start()
    assert failure is not None
    assert failure.error_type == "Runtime.ExitError"
    failed = invoke(sandbox)
    reason = f"RequestId: r-1 Error: Runtime exited with error: exit status {status}"
    assert answer(failed) == {"errorType": "Runtime.ExitError", "errorMessage": reason}
    assert any(line.endswith(received) for line in lines(failed))
    assert "Status: error\tError Type: Runtime.ExitError" in lines(failed)[-1]
    assert descriptors() <= before


def test_a_process_that_ends_between_calls_is_replaced(make: Make) -> None:
    sandbox = make()
    pid = answer(invoke(sandbox))["pid"]
    os.kill(pid, 9)
    until(lambda: process.start_time(pid) is None)
    assert answer(invoke(sandbox))["count"] == 1


def test_a_start_that_fails_is_tried_again_by_the_call(make: Make) -> None:
    sandbox = make("print('preparing', flush=True); raise LookupError('no such module')")
    failure = sandbox.start()
    assert failure is not None
    assert failure.error_type == "LookupError"
    failed = invoke(sandbox)
    assert failed.answer.error
    assert answer(failed) == {"errorMessage": "no such module", "errorType": "LookupError"}
    assert lines(failed).count("preparing\n") == 2
    assert "Status: error\tError Type: LookupError" in lines(failed)[-1]


def test_a_start_that_takes_longer_than_the_call_may_is_ended(make: Make) -> None:
    late = invoke(make("import time; time.sleep(60)", timeout_s=0.5))
    assert answer(late)["errorType"] == "Sandbox.Timedout"


def test_an_answer_may_be_six_megabytes(make: Make) -> None:
    sandbox = make()
    fits = invoke(sandbox, f"answer = {{'text': 'x' * {RESPONSE_LIMIT - 100}}}")
    assert not fits.answer.error
    larger = invoke(sandbox, f"answer = {{'text': 'x' * {RESPONSE_LIMIT}}}", "r-2")
    assert answer(larger) == {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    }
    assert answer(invoke(sandbox))["count"] == 1


def test_an_answer_to_another_call_is_refused(make: Make) -> None:
    result = invoke(make(), "answer = {'status': call('POST', 'invocation/other/response', '{}')[0]}")
    assert answer(result)["status"] == 400


def test_what_the_api_does_not_have_is_refused(make: Make) -> None:
    result = invoke(make(), "answer = {'get': call('GET', 'x')[0], 'post': call('POST', 'x/y/response', '{}')[0]}")
    assert (answer(result)["get"], answer(result)["post"]) == (404, 404)


def test_a_stop_ends_the_call_that_is_under_way(make: Make) -> None:
    sandbox = make()
    pid = answer(invoke(sandbox))["pid"]
    results: list[Result] = []
    calling = threading.Thread(target=lambda: results.append(invoke(sandbox, "import time; time.sleep(60)")))
    calling.start()
    time.sleep(0.2)
    sandbox.stop()
    calling.join(10)
    assert answer(results[0])["errorType"] == "Runtime.ExitError"
    assert process.start_time(pid) is None
    assert invoke(sandbox).answer.error


def test_nothing_is_kept_open(make: Make) -> None:
    sandbox = make()
    invoke(sandbox)
    sandbox.stop()
    time.sleep(0.2)
    before = descriptors()
    for _ in range(5):
        another = make()
        invoke(another)
        another.stop()
    until(lambda: descriptors() <= before)


def test_a_process_is_found_by_its_temporary_folder_when_its_owner_was_killed(make: Make, tmp_path: Path) -> None:
    pid = answer(invoke(make()))["pid"]
    if Path("/proc/self/environ").exists():
        assert process.end_all_below(tmp_path) == [pid]
