"""Two engines in one checkout; a stand-in replaces LocalStack's program."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import localcloud
from localcloud import LOCALSTACK, MINISTACK, Cloud, engines, lifecycle, ports, process
from localcloud.localstack import engine as localstack_engine
from localcloud.localstack.engine import VERSION, LocalStack, check_platform
from localcloud.localstack.installation import Installation
from localcloud.ministack.engine import MiniStack
from tests.localcloud import stand_in
from tests.localcloud.conftest import free_project, until
from tools.checks.capabilities.expected import expected_of
from tools.errors import CloudProblem, MachineProblem, UsageProblem
from tools.project import Project, find_project

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="LocalStack and its functions run only on Linux")


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """Install the stand-in in place of LocalStack."""
    made = stand_in.complete(tmp_path / "installed")
    monkeypatch.setattr(localstack_engine, "Installation", lambda **_: made)
    return made


@pytest.fixture
def project(tmp_path: Path, installation: Installation) -> Iterator[Project]:
    made = free_project(free_project(tmp_path / "checkout").root, LOCALSTACK)
    yield made
    for engine in localcloud.KINDS:
        localcloud.down(made, engine)


def folder(project: Project) -> Path:
    return localcloud.folder(project, LOCALSTACK)


def worker(cloud: Cloud) -> int:
    """Return the process id of the running function."""
    return int(re.findall(r"worker (\d+)", cloud.log.read_text())[-1])


def test_an_engine_is_chosen_by_its_name(project: Project) -> None:
    assert isinstance(engines.make(project, MINISTACK), MiniStack)
    assert isinstance(engines.make(project, LOCALSTACK), LocalStack)
    for name, kind in engines.KINDS.items():
        assert (engines.make(project, name).name, kind.name) == (name, name)
        assert engines.of_environment(kind.environment) == kind
    assert engines.of_environment("prod") is None
    with pytest.raises(UsageProblem, match="no engine 'moto'; there are: ministack, localstack"):
        localcloud.up(project, "moto")


def test_it_starts_once_and_stops(project: Project) -> None:
    assert localcloud.status(project, LOCALSTACK) is None
    assert not localcloud.down(project, LOCALSTACK)
    cloud = localcloud.up(project, LOCALSTACK)
    assert localcloud.up(project, LOCALSTACK) == cloud == localcloud.status(project, LOCALSTACK)
    assert (cloud.engine, cloud.log) == (LOCALSTACK, folder(project) / "cloud.log")
    assert localcloud.status(project) is None
    assert localcloud.down(project, LOCALSTACK)
    assert localcloud.status(project, LOCALSTACK) is None
    assert process.start_time(cloud.pid) is None


def test_both_engines_run_at_once(project: Project) -> None:
    clouds = {name: localcloud.up(project, name) for name in engines.KINDS}
    assert {name: cloud.engine for name, cloud in clouds.items()} == {name: name for name in engines.KINDS}
    assert len({cloud.port for cloud in clouds.values()}) == 2
    assert localcloud.down(project, LOCALSTACK)
    assert localcloud.status(project) == clouds[MINISTACK]
    again = localcloud.up(project, LOCALSTACK)
    assert localcloud.down(project)
    assert localcloud.status(project, LOCALSTACK) == again


def test_another_engine_on_its_port_is_recognized(project: Project) -> None:
    cloud = localcloud.up(project, LOCALSTACK)
    record = (folder(project) / "pid.json").read_text()
    localcloud.folder(project).mkdir(exist_ok=True)
    (localcloud.folder(project) / "pid.json").write_text(record)
    assert localcloud.status(project) is None
    (localcloud.folder(project) / "pid.json").unlink()
    assert localcloud.status(project, LOCALSTACK) == cloud


def test_the_engines_have_different_usual_ports(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len({kind.usual_port for kind in engines.KINDS.values()}) == 2
    usual = ports.any_free()
    monkeypatch.setitem(engines.KINDS, LOCALSTACK, replace(engines.KINDS[LOCALSTACK], usual_port=usual))
    (folder(project) / "ports.json").unlink()
    assert localcloud.up(project, LOCALSTACK).port == usual


def test_only_caches_are_left_after_a_kill(project: Project) -> None:
    first = localcloud.up(project, LOCALSTACK)
    orphan = worker(first)
    os.kill(first.pid, signal.SIGKILL)
    until(lambda: process.start_time(first.pid) is None)
    assert process.start_time(orphan)
    second = localcloud.up(project, LOCALSTACK)
    assert process.start_time(orphan) is None
    assert second.instance_id != first.instance_id
    assert re.findall("catalogue (anew|read)", second.log.read_text()) == ["anew", "read"]
    localcloud.down(project, LOCALSTACK)
    kept = {path.relative_to(folder(project)).as_posix() for path in folder(project).rglob("*") if path.is_file()}
    assert kept == {"cloud.log", "ports.json", "lock", "files/var/lib/localstack/cache/catalogue"}


def test_an_interrupted_sweep_keeps_the_caches(project: Project, installation: Installation) -> None:
    localcloud.up(project, LOCALSTACK)
    localcloud.down(project, LOCALSTACK)
    cache = folder(project) / "files" / "var" / "lib" / "localstack" / "cache"
    cache.replace(folder(project) / "cache")
    engines.make(project, LOCALSTACK).sweep()
    assert [path.name for path in cache.iterdir()] == ["catalogue"]
    engines.make(project, LOCALSTACK).forget()
    assert not cache.exists()


def test_it_is_killed_with_its_functions_when_it_does_not_exit(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "_STOP_PATIENCE_S", 0.2)
    cloud = localcloud.up(project, LOCALSTACK)
    child = worker(cloud)
    os.kill(cloud.pid, signal.SIGSTOP)
    started = time.monotonic()
    assert localcloud.down(project, LOCALSTACK)
    assert time.monotonic() - started < 5
    assert process.start_time(cloud.pid) is None
    assert process.start_time(child) is None


def test_only_path_comes_from_the_caller(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "PYTHONPATH", "HTTP_PROXY", "LOCALSTACK_AUTH_TOKEN", "DEBUG"):
        monkeypatch.setenv(name, "of the caller")
    cloud = localcloud.up(project, LOCALSTACK)
    text = Path(f"/proc/{cloud.pid}/environ").read_text()
    variables = dict(line.split("=", 1) for line in text.split("\0") if line)
    assert "of the caller" not in variables.values()
    assert variables["PATH"] == os.environ["PATH"]
    assert variables["GATEWAY_LISTEN"] == f"127.0.0.1:{cloud.port}"
    below = str(folder(project))
    assert all(variables[name].startswith(below) for name in ("HOME", "TMPDIR", "FILESYSTEM_ROOT"))


def test_the_error_has_the_reason_of_a_failed_start(
    tmp_path: Path, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = stand_in.complete(tmp_path / "broken", "sys.exit('it is broken')")
    monkeypatch.setattr(localstack_engine, "Installation", lambda **_: broken)
    with pytest.raises(CloudProblem, match=r"^LocalStack exited while starting\.\nit is broken$") as refused:
        localcloud.up(project, LOCALSTACK)
    assert refused.value.fix == f"less {folder(project) / 'cloud.log'}"
    assert localcloud.status(project, LOCALSTACK) is None


def test_a_port_that_another_program_took_names_the_environment(project: Project) -> None:
    port = localcloud.up(project, LOCALSTACK).port
    localcloud.down(project, LOCALSTACK)
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(CloudProblem, match=f"Port {port} of Local") as refused,
    ):
        localcloud.up(project, LOCALSTACK)
    assert refused.value.fix.endswith("python -m tools deploy --env localstack --force")


def test_a_start_is_shown_once(project: Project) -> None:
    titles: list[str] = []

    def step(title: str) -> contextlib.AbstractContextManager[None]:
        titles.append(title)
        return contextlib.nullcontext()

    localcloud.up(project, LOCALSTACK, step=step)
    localcloud.up(project, LOCALSTACK, step=step)
    assert titles == ["Starting LocalStack"]


def test_the_error_on_other_systems_names_the_image() -> None:
    check_platform("linux")
    with pytest.raises(MachineProblem, match="need Linux, and this is darwin") as refused:
        check_platform("darwin")
    assert "compose.yaml" in refused.value.fix
    assert "--endpoint-url" in refused.value.fix


def test_the_version_is_the_locked_one() -> None:
    lock = (find_project().root / "requirements" / "localstack.txt").read_text()
    assert f"\nlocalstack-core=={VERSION} " in lock.replace("[runtime]", "")


def test_choosing_an_engine_imports_nothing_slow(project: Project) -> None:
    code = f"""
import sys
from pathlib import Path
import localcloud
from tools.project import Project
assert localcloud.status(Project(Path({str(project.root)!r})), "localstack") is None
slow = ("boto3", "botocore", "ministack", "localstack", "yaml", "http.client", "asyncio", "rich")
assert not [name for name in slow if name in sys.modules]
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=find_project().root)


@pytest.mark.parametrize("name", engines.KINDS)
def test_each_engine_has_expected_capabilities(name: str) -> None:
    expected = expected_of(name)
    assert expected["authorizer"]
    assert expected["websocket"] == (name == MINISTACK)
