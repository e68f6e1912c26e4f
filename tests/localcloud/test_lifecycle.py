"""Starting and stopping, and everything that can go wrong in between."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

import localcloud
from localcloud import lifecycle, ports, process
from localcloud.cloud import Cloud
from localcloud.ministack import engine
from tests.localcloud.aws import REGION, Aws, signed
from tests.localcloud.conftest import free_project, until
from tests.localcloud.sources import queue
from tests.localcloud.test_deployment_snapshot import document
from tools.access.listing import everything
from tools.errors import CloudProblem
from tools.project import Project

_PATIENCE_S = 2.0
linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")


def listening(pid: int) -> set[tuple[str, int]]:
    """Return the addresses on which a process listens, from /proc (proc_pid_net(5))."""
    sockets = set()
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        try:
            sockets.add(str(fd.readlink()))
        except OSError:
            continue
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if f"socket:[{fields[9]}]" in sockets and (fields[3] == "0A" or table.startswith("udp")):
                address, _, port = fields[1].rpartition(":")
                found.add((address, int(port, 16)))
    return found


def half_closed(port: int) -> int:
    """Return the number of connections to a port that the client has closed and the server has not (CLOSE_WAIT)."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(fields[1].endswith(f":{port:04X}") and fields[3] == "08" for fields in lines)


def bucket(cloud: Cloud, name: str) -> None:
    Aws(cloud.url)("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})


def buckets(cloud: Cloud) -> list[str]:
    return [entry["Name"] for entry in everything(Aws(cloud.url)("s3"), "list_buckets")]


def test_it_starts_once_and_stops(project: Project) -> None:
    assert localcloud.status(project) is None
    assert not localcloud.down(project)
    cloud = localcloud.up(project)
    assert localcloud.up(project) == cloud == localcloud.status(project)
    assert cloud.log.exists()
    assert localcloud.down(project)
    assert localcloud.status(project) is None
    assert not localcloud.down(project)
    assert process.start_time(cloud.pid) is None


@linux
def test_it_listens_on_one_port_of_loopback(cloud: Cloud) -> None:
    assert listening(cloud.pid) == {("0100007F", cloud.port)}


@linux
def test_a_connection_ends_with_its_client(cloud: Cloud) -> None:
    """The server used to wait for the idle time of each, and held thousands of sockets after a deployment."""
    for _ in range(5):
        with socket.create_connection((cloud.host, cloud.port)) as idle:
            idle.sendall(b"GET /_local/instance HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert idle.recv(100).startswith(b"HTTP/1.1 200")
    until(lambda: half_closed(cloud.port) == 0)


def test_a_clean_restart_keeps_the_state_and_the_id(project: Project) -> None:
    first = localcloud.up(project)
    aws = Aws(first.url)
    bucket(first, "kept")
    aws("s3").put_object(Bucket="kept", Key="k", Body=b"content")
    api = aws.imported(document("deployed"))
    aws.put(api.id, document("not deployed"))
    waiting = queue(aws)
    aws("sqs").send_message(QueueUrl=waiting.url, MessageBody='"received"')
    aws("sqs").receive_message(QueueUrl=waiting.url, VisibilityTimeout=2)
    aws("sqs").send_message(QueueUrl=waiting.url, MessageBody='"delayed"', DelaySeconds=1)
    localcloud.down(project)
    second = localcloud.up(project)
    assert (second.instance_id, second.url) == (first.instance_id, first.url)
    assert aws("s3").get_object(Bucket="kept", Key="k")["Body"].read() == b"content"
    assert api.call().body == b"deployed"
    found: set[str] = set()

    def both_came() -> bool:
        found.update(message["body"] for message in waiting.received)
        return len(found) == 2

    until(both_came)
    assert found == {"received", "delayed"}


def test_after_a_kill_it_is_empty_and_has_another_id(project: Project) -> None:
    first = localcloud.up(project)
    bucket(first, "saved")
    localcloud.down(project)
    second = localcloud.up(project)
    bucket(second, "unsaved")
    os.kill(second.pid, signal.SIGKILL)
    until(lambda: process.start_time(second.pid) is None)
    assert localcloud.status(project) is None
    third = localcloud.up(project)
    assert third.instance_id not in (first.instance_id, second.instance_id)
    assert buckets(third) == []


def test_open_connections_do_not_prevent_saving(project: Project) -> None:
    cloud = localcloud.up(project)
    bucket(cloud, "kept")
    with socket.create_connection((cloud.host, cloud.port)) as idle:
        idle.sendall(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nunfinished")
        localcloud.down(project)
    assert buckets(localcloud.up(project)) == ["kept"]


def test_a_reset_gives_another_id(project: Project) -> None:
    cloud = localcloud.up(project)
    assert localcloud.instance_id(cloud.url) == cloud.instance_id
    assert signed(cloud.url, "POST", "/_ministack/reset").status == 200
    assert localcloud.instance_id(cloud.url) not in (None, cloud.instance_id)


def test_a_start_that_failed_loses_nothing(project: Project) -> None:
    bucket(localcloud.up(project), "kept")
    localcloud.down(project)
    with pytest.raises(CloudProblem, match="did not answer within 0 s"):
        localcloud.up(project, wait_s=0)
    assert buckets(localcloud.up(project)) == ["kept"]


def test_several_checkouts_run_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = ports.any_free()
    kind = replace(localcloud.KINDS[localcloud.MINISTACK], usual_port=usual)
    monkeypatch.setitem(localcloud.KINDS, localcloud.MINISTACK, kind)
    projects = [Project(tmp_path / name) for name in ("one", "two")]
    clouds = [localcloud.up(project) for project in projects]
    try:
        assert clouds[0].port == usual != clouds[1].port
        bucket(clouds[0], "only-in-one")
        assert [buckets(cloud) for cloud in clouds] == [["only-in-one"], []]
        assert localcloud.down(projects[1])
        assert localcloud.status(projects[0]) == clouds[0]
    finally:
        for project in projects:
            localcloud.down(project)


def test_two_commands_at_once_start_one(project: Project) -> None:
    started: list[Cloud] = []
    commands = [threading.Thread(target=lambda: started.append(localcloud.up(project))) for _ in range(3)]
    for command in commands:
        command.start()
    for command in commands:
        command.join()
    assert len(started) == 3
    assert len({cloud.pid for cloud in started}) == 1


@linux
def test_a_busy_one_is_awaited_and_not_killed(project: Project) -> None:
    """A busy machine kept it from answering for some seconds, and a command killed it during a deployment."""
    cloud = localcloud.up(project)
    os.kill(cloud.pid, signal.SIGSTOP)
    found: list[Cloud] = []
    command = threading.Thread(target=lambda: found.append(localcloud.up(project)))
    command.start()
    # Twice as long as one attempt to reach it may take.
    command.join(2 * _PATIENCE_S)
    assert found == []
    os.kill(cloud.pid, signal.SIGCONT)
    command.join()
    assert found == [cloud]


def test_one_that_never_answers_is_restarted(project: Project) -> None:
    cloud = localcloud.up(project)
    os.kill(cloud.pid, signal.SIGSTOP)
    patience, lifecycle._STOP_PATIENCE_S = lifecycle._STOP_PATIENCE_S, 0.2
    try:
        with pytest.raises(CloudProblem):
            localcloud.up(project, wait_s=0)
    finally:
        lifecycle._STOP_PATIENCE_S = patience
    assert process.start_time(cloud.pid) is None
    assert localcloud.up(project).pid != cloud.pid


def test_a_recycled_process_id_is_never_killed(project: Project) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        stale = {"pid": bystander.pid, "started": "long ago", "port": ports.any_free()}
        (localcloud.folder(project) / "pid.json").write_text(json.dumps(stale))
        assert not localcloud.down(project)
        (localcloud.folder(project) / "pid.json").write_text(json.dumps(stale))
        assert localcloud.up(project).pid != bystander.pid
        localcloud.down(project)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.communicate()


def test_a_port_that_another_program_took_is_refused(project: Project) -> None:
    port = localcloud.up(project).port
    localcloud.down(project)
    with socket.socket() as taker:
        taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taker.bind(("127.0.0.1", port))
        taker.listen()
        with pytest.raises(CloudProblem, match=f"Port {port}") as refused:
            localcloud.up(project)
    assert "ports.json" in refused.value.fix


def test_another_version_is_refused(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "VERSION", "9.9.9")
    with pytest.raises(CloudProblem, match=r"needs ministack 9\.9\.9") as refused:
        localcloud.up(project)
    assert refused.value.fix == "make setup"


def test_state_of_another_version_is_not_loaded(project: Project) -> None:
    bucket(localcloud.up(project), "old")
    localcloud.down(project)
    (localcloud.folder(project) / "clean").write_text("ministack 0.0.1")
    assert buckets(localcloud.up(project)) == []


def test_the_error_has_the_reason_of_a_failed_start(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.MiniStack, "_environment", lambda self, port: {"PATH": "", "GATEWAY_PORT": "none"})
    with pytest.raises(CloudProblem, match="exited while starting") as refused:
        localcloud.up(project)
    assert "Error" in refused.value.problem
    assert localcloud.status(project) is None


@linux
def test_workers_end_with_it(project: Project) -> None:
    cloud = localcloud.up(project)
    aws = Aws(cloud.url)
    child = "import os\ndef handler(event, context):\n    return os.getpid()"
    worker = aws.invoke(aws.function(child))
    assert process.start_time(worker)
    os.kill(cloud.pid, signal.SIGSTOP)
    started = time.monotonic()
    lifecycle_patience, lifecycle._STOP_PATIENCE_S = lifecycle._STOP_PATIENCE_S, 0.3
    try:
        assert localcloud.down(project)
    finally:
        lifecycle._STOP_PATIENCE_S = lifecycle_patience
    assert time.monotonic() - started < 10
    assert process.start_time(worker) is None
    assert process.start_time(cloud.pid) is None
    assert not (localcloud.folder(project) / "tmp").exists()


def test_its_environment_reaches_it_and_nothing_else(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "internal.example")
    environment = cloud.environment()
    assert environment["AWS_ENDPOINT_URL"] == cloud.url
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"] == cloud.region
    assert environment["NO_PROXY"] == "127.0.0.1,localhost,internal.example"


def test_the_instance_id_needs_no_sdk(cloud: Cloud) -> None:
    code = f"""
import sys, localcloud as local
assert local.instance_id("{cloud.url}") == "{cloud.instance_id}"
assert local.instance_id("http://127.0.0.1:{ports.any_free()}") is None
assert not [name for name in ("boto3", "botocore", "ministack", "yaml") if name in sys.modules]
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(localcloud.__file__).parents[1])


def test_a_large_log_is_rotated(tmp_path: Path) -> None:
    project = free_project(tmp_path)
    log = localcloud.folder(project) / "cloud.log"
    log.write_bytes(b"x" * (10 * 2**20 + 1))
    try:
        localcloud.up(project)
    finally:
        localcloud.down(project)
    assert log.stat().st_size < 10**6
    assert log.with_name("cloud.log.1").stat().st_size > 10 * 2**20
