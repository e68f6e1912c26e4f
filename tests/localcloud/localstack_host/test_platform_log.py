"""The platform's log lines about an invocation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.localstack.host.platform_log import PlatformLog, Report

REPORT = Report(duration_ms=12.34, init_ms=100.2, memory_mb=512, used_mb=64)
FAILED = Report(
    duration_ms=3.0, init_ms=None, memory_mb=512, used_mb=64, status="error", error_type="Runtime.ExitError"
)


def log(**settings: Any) -> PlatformLog:
    return PlatformLog(
        **{"version": "$LATEST", "as_json": False, "level": "INFO", "now_ms": lambda: 1_700_000_000_123, **settings}
    )


def test_as_text() -> None:
    assert log().start("r")[0] == (1_700_000_000_123, "START RequestId: r Version: $LATEST\n")
    end, report = log().end("r", REPORT)
    assert end.message == "END RequestId: r\n"
    assert report.message == (
        "REPORT RequestId: r\tDuration: 12.34 ms\tBilled Duration: 113 ms\tMemory Size: 512 MB\t"
        "Max Memory Used: 64 MB\tInit Duration: 100.20 ms\t\n"
    )
    assert log().end("r", FAILED)[1].message.endswith("\tStatus: error\tError Type: Runtime.ExitError\t\n")


def test_a_timeout_as_text() -> None:
    (event,) = log().problem("r", "Task timed out after 3.00 seconds", "Sandbox.Timedout")
    assert event.message == "2023-11-14T22:13:20.123Z r Task timed out after 3.00 seconds\n\n"


def test_as_json() -> None:
    writer = log(as_json=True)
    assert json.loads(writer.start("r")[0].message) == {
        "time": "2023-11-14T22:13:20.123Z",
        "type": "platform.start",
        "record": {"requestId": "r", "version": "$LATEST"},
    }
    assert writer.problem("r", "x", "Runtime.ExitError") == []
    (report,) = writer.end("r", REPORT)
    assert json.loads(report.message)["record"] == {
        "requestId": "r",
        "metrics": {
            "durationMs": 12.34,
            "billedDurationMs": 113,
            "memorySizeMB": 512,
            "maxMemoryUsedMB": 64,
            "initDurationMs": 100.2,
        },
        "status": "success",
    }
    assert json.loads(writer.end("r", FAILED)[0].message)["record"]["errorType"] == "Runtime.ExitError"


@pytest.mark.parametrize(("level", "written"), [("DEBUG", 3), ("INFO", 3), ("WARN", 1), ("", 3)])
def test_the_system_log_level_holds_for_json(level: str, written: int) -> None:
    writer = log(as_json=True, level=level)
    assert len(writer.start("r") + writer.end("r", REPORT) + writer.end("r", FAILED)) == written
    assert len(log(level=level).end("r", REPORT)) == 2
