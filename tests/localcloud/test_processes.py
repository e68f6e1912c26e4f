"""Processes that outlive their parents: when they have ended, and which of them are ours."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud import process
from tests.localcloud.conftest import until

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")

# The first thread ends and the other stays, as for a moment after a kill of a process with many threads.
_HEADLESS = """
import ctypes, threading
threading.Thread(target=input).start()
ctypes.CDLL(None).pthread_exit(None)
"""


@pytest.fixture
def children() -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for child in started:
        child.kill()
        child.communicate()


def test_a_process_runs_until_its_last_thread_has_ended(children: list[subprocess.Popen[bytes]]) -> None:
    child = subprocess.Popen([sys.executable, "-c", _HEADLESS], stdin=subprocess.PIPE)
    children.append(child)
    stat = Path(f"/proc/{child.pid}/stat")
    until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "Z")
    started = process.start_time(child.pid)
    assert started
    assert process.runs(child.pid, started)
    child.kill()
    until(lambda: process.start_time(child.pid) is None)


def test_only_processes_below_the_folder_are_killed(tmp_path: Path, children: list[subprocess.Popen[bytes]]) -> None:
    folders = [tmp_path / "tmp", tmp_path / "tmp" / "function", tmp_path / "tmp-of-another", tmp_path]
    for folder in folders:
        children.append(
            subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, env={"TMPDIR": str(folder)})
        )
    assert sorted(process.end_all_below(tmp_path / "tmp")) == sorted(child.pid for child in children[:2])
    assert [child.poll() is None for child in children[2:]] == [True, True]
