"""The real LocalStack as an engine: what it reports, where it listens, what it keeps and what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import localcloud
from localcloud import LOCALSTACK, Cloud, process
from localcloud.localstack.engine import LocalStack
from tests.localcloud.aws import REGION, Aws, request, signed
from tests.localcloud.conftest import until
from tests.localcloud.test_lifecycle import listening
from tools.access.listing import everything
from tools.project import Project


def bucket(cloud: Cloud, name: str, body: bytes = b"content") -> None:
    s3 = Aws(cloud.url)("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=name, Key="key", Body=body)


def buckets(cloud: Cloud) -> list[str]:
    return [entry["Name"] for entry in everything(Aws(cloud.url)("s3"), "list_buckets")]


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).parts[0] for path in folder.rglob("*") if path.is_file()}


def test_it_reports_its_instance(localstack: Cloud, localstack_project: Project) -> None:
    document = json.loads(request(localstack.url, "GET", "/_local/instance").body)
    version = LocalStack(Path(), Project(Path())).version
    assert document == {
        "id": localstack.instance_id,
        "version": version,
        "project": str(localstack_project.root),
        "ready": True,
        "engine": LOCALSTACK,
        "key": localstack.key.fingerprint,
    }
    assert (localstack.engine, localstack.version) == (LOCALSTACK, version)
    assert localcloud.instance_id(localstack.url) == localstack.instance_id
    health = json.loads(signed(localstack.url, "GET", "/_localstack/health").body)
    assert health["services"]["sqs"] in {"available", "running"}


def test_it_listens_only_on_loopback(localstack: Cloud) -> None:
    found = listening(localstack.pid)
    assert ("0100007F", localstack.port) in found
    # Besides its own port there are those of functions that are ready.
    assert {address for address, _ in found} == {"0100007F"}


def test_it_gets_nothing_of_the_callers_environment(localstack: Cloud, localstack_project: Project) -> None:
    variables = dict(
        text.split("=", 1) for text in Path(f"/proc/{localstack.pid}/environ").read_text().split("\0") if "=" in text
    )
    folder = localcloud.folder(localstack_project, LOCALSTACK)
    assert variables["HOME"] == str(folder / "home")
    assert not {name for name in variables if name.startswith(("AWS_", "PYTEST", "VIRTUAL_ENV"))}


def test_every_start_is_empty_and_at_the_same_address(localstack: Cloud, localstack_project: Project) -> None:
    folder = localcloud.folder(localstack_project, LOCALSTACK)
    bucket(localstack, "not-kept", b"x" * 2**20)
    assert localcloud.down(localstack_project, LOCALSTACK)
    assert process.start_time(localstack.pid) is None
    # Only what makes the next start faster, and the log, are left.
    assert files(folder) <= {"files", "home", "cloud.log", "ports.json", "lock"}
    assert files(folder / "home" / ".cache") <= {"plux"}
    assert files(folder / "files") == {"var"}
    assert files(folder / "files" / "var" / "lib" / "localstack") == {"cache"}
    second = localcloud.up(localstack_project, LOCALSTACK)
    assert second.url == localstack.url
    assert second.instance_id != localstack.instance_id
    assert buckets(second) == []


def test_it_starts_again_after_a_kill(localstack: Cloud, localstack_project: Project) -> None:
    bucket(localstack, "lost")
    os.kill(localstack.pid, signal.SIGKILL)
    until(lambda: process.start_time(localstack.pid) is None)
    assert localcloud.status(localstack_project, LOCALSTACK) is None
    second = localcloud.up(localstack_project, LOCALSTACK)
    assert second.instance_id != localstack.instance_id
    assert buckets(second) == []


def test_both_engines_run_at_once(localstack: Cloud, localstack_project: Project) -> None:
    other = localcloud.up(localstack_project)
    try:
        assert other.port != localstack.port
        assert other.engine == localcloud.MINISTACK
        bucket(other, "only-in-the-other")
        assert "only-in-the-other" not in buckets(localstack)
        assert localcloud.status(localstack_project, LOCALSTACK) == localstack
    finally:
        assert localcloud.down(localstack_project)
    assert localcloud.status(localstack_project, LOCALSTACK) == localstack
