"""Environments: what reaches them, and what must not."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from pathlib import Path

import pytest

from localcloud import LOCALSTACK, Health, ports
from localcloud.guard import keys
from localcloud.guard.keys import AccessKey
from tests.unit.toolkit.listeners import serving_aws
from tools.access.emulators import emulator_variables, endpoint_key
from tools.access.environments import export_command, find, on_aws, on_emulator, var_file
from tools.build.recipe import this_architecture
from tools.errors import CloudProblem, MachineProblem, UsageProblem
from tools.project import Project


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Set credentials and a region."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA0000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")


def test_an_environment_is_a_file(project: Project) -> None:
    assert var_file(project, "dev") == project.environments / "dev.tfvars"
    with pytest.raises(
        UsageProblem, match="There is no environment 'staging'; there are: dev, local, localstack"
    ) as caught:
        var_file(project, "staging")
    assert "environments/staging.tfvars" in caught.value.fix


def test_aws_is_reached_with_the_users_own_credentials(project: Project, aws: None) -> None:
    environment = on_aws(project, "dev")
    assert not environment.emulated
    assert environment.build_target == "aws"
    assert environment.variables["TF_WORKSPACE"] == "dev"
    assert environment.variables["AWS_REGION"] == "eu-central-1"
    assert environment.variables["AWS_ACCESS_KEY_ID"] == "AKIA0000"


def test_credentials_are_not_shown(project: Project, aws: None) -> None:
    assert "secret" not in repr(on_aws(project, "dev"))


def test_no_credentials_is_told_at_once(project: Project) -> None:
    started = time.monotonic()
    with pytest.raises(MachineProblem, match="There are no AWS credentials for dev") as caught:
        on_aws(project, "dev")
    assert caught.value.fix
    assert time.monotonic() - started < 3


def test_no_credentials_is_told_at_once_where_the_metadata_service_never_answers(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A laptop without a route to it: connections are neither refused nor accepted. A full backlog does the same.
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}/")
        started = time.monotonic()
        with pytest.raises(MachineProblem, match="no AWS credentials"):
            on_aws(project, "dev")
        assert time.monotonic() - started < 3


def test_no_region(project: Project, aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    with pytest.raises(MachineProblem, match="No AWS region is chosen for dev") as caught:
        on_aws(project, "dev")
    assert caught.value.fix == "export AWS_REGION=eu-west-1"


def test_a_profile_that_does_not_exist(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(MachineProblem, match=r"AWS credentials cannot be read: .*nobody"):
        on_aws(project, "dev")


def test_a_configuration_that_cannot_be_parsed(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("[profile broken\nnothing")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    with pytest.raises(MachineProblem, match="cannot be read"):
        on_aws(project, "dev")


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "TF_VAR_emulator"])
def test_a_shell_that_points_at_an_emulator_never_deploys_to_aws(
    project: Project, aws: None, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:4566")
    with pytest.raises(MachineProblem, match=f"{variable} is set, so dev would go to an emulator") as caught:
        on_aws(project, "dev")
    assert variable in caught.value.fix


def test_what_is_set_for_aws_does_not_reach_an_emulator(
    project: Project, aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_CA_BUNDLE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "of-aws")
    environment = on_emulator(project, "local", "http://127.0.0.1:4566", "one")
    assert environment.build_target == "local"
    assert "of-aws" not in environment.variables.values()
    assert environment.variables["AWS_ACCESS_KEY_ID"] == "test"
    assert environment.variables["AWS_REGION"] == "eu-west-1"
    assert environment.variables["TF_WORKSPACE"] == "local"
    assert json.loads(environment.variables["TF_VAR_emulator"]) == {
        "endpoint": "http://127.0.0.1:4566",
        "build_target": "local",
        "page_origin": f"http://127.0.0.1:{ports.page(project)}",
    }


def test_an_emulator_of_the_users_own_keeps_the_region(project: Project, aws: None) -> None:
    assert on_emulator(project, "local", "http://127.0.0.1:1").variables["AWS_REGION"] == "eu-central-1"


def test_terraform_is_not_led_elsewhere_by_the_shell(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CLI_ARGS_apply", "-target=x")
    monkeypatch.setenv("TF_DATA_DIR", "/elsewhere")
    monkeypatch.setenv("TF_WORKSPACE", "prod")
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", "/missing.rc")
    variables = on_emulator(project, "local", "http://127.0.0.1:1").variables
    assert not {"TF_CLI_ARGS_apply", "TF_DATA_DIR", "TF_CLI_CONFIG_FILE"} & set(variables)
    assert variables["TF_WORKSPACE"] == "local"


def test_the_loopback_is_not_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "intranet.example.com")
    assert emulator_variables("http://127.0.0.1:1", keys.ANY)["no_proxy"] == "127.0.0.1,localhost,intranet.example.com"


def test_no_local_cloud(project: Project) -> None:
    with pytest.raises(CloudProblem, match="The local cloud is not running") as caught:
        find(project, "local")
    assert caught.value.fix == "python -m tools up"


def test_an_endpoint_is_looked_at_before_terraform_tries_for_minutes(project: Project) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(CloudProblem, match=f"Nothing answers at {endpoint}"):
            find(project, "local", endpoint)
    with serving_aws() as endpoint:
        assert find(project, "local", f"{endpoint}/").endpoint == endpoint


@pytest.mark.parametrize("endpoint", ["nonsense", "127.0.0.1:4566", "http://", "http://host:port", "http://h:1/path"])
def test_what_is_no_endpoint(project: Project, endpoint: str) -> None:
    with pytest.raises(UsageProblem, match="is no endpoint"):
        find(project, "local", endpoint)


ODD = "http://127.0.0.1:1/'quote' \"double\" $HOME `id` \\ ; & é"


def test_exports_are_evaluated_by_a_shell_to_what_was_meant(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tools import cli
    from tools.commands import context

    monkeypatch.setattr(context, "find_project", lambda: project)
    monkeypatch.setattr(context, "find", lambda *_: on_emulator(project, "local", ODD))
    monkeypatch.setattr("tools.access.providers.init_arguments", lambda _: ["-plugin-dir=/a folder/$x"])
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setattr("sys.argv", ["tools", "env"])
    assert cli.main() == 0
    show = 'printf "%s\\0" "$AWS_ENDPOINT_URL" "$TF_VAR_emulator" "$TF_CLI_ARGS_init" "${AWS_PROFILE-gone}"'
    done = subprocess.run(
        ["sh", "-c", f'eval "$1"; {show}', "sh", capsys.readouterr().out], capture_output=True, text=True, check=True
    )
    endpoint, emulator, arguments, profile, _ = done.stdout.split("\0")
    assert endpoint == ODD
    assert (json.loads(emulator)["endpoint"], json.loads(emulator)["build_target"]) == (ODD, "local")
    assert arguments == "'-plugin-dir=/a folder/$x'"
    assert profile == "gone"


def test_localstack_runs_what_is_made_for_aws_on_this_processor(project: Project) -> None:
    environment = on_emulator(project, "localstack", "http://127.0.0.1:4567", "one")
    assert (environment.engine, environment.build_target, environment.arch) == (LOCALSTACK, "aws", this_architecture())
    assert environment.variables["TF_WORKSPACE"] == "localstack"
    assert json.loads(environment.variables["TF_VAR_emulator"])["build_target"] == "aws"
    assert on_emulator(project, "local", "http://127.0.0.1:4566", "one").arch is None


@pytest.mark.parametrize(("engine", "target"), [("ministack", "local"), ("localstack", "aws")])
def test_an_endpoint_of_ours_says_which_engine_it_is(
    project: Project, monkeypatch: pytest.MonkeyPatch, engine: str, target: str
) -> None:
    health = Health(instance_id="one", version="1", project="/elsewhere", ready=True, engine=engine)
    monkeypatch.setattr("localcloud.instance.ask_at", lambda _: health)
    with serving_aws() as endpoint:
        for name in ("local", "localstack", "dev"):
            environment = find(project, name, endpoint)
            assert (environment.engine, environment.build_target) == (engine, target)


def ours(key: AccessKey, project: str = "/some where/else") -> Health:
    return Health(instance_id="1", version="1", project=project, ready=True, engine="ministack", key=key.fingerprint)


OTHERS = AccessKey("AKIAOTHERS", "of another checkout")
URL = "http://127.0.0.1:4566"


def test_a_cloud_of_this_checkouts_takes_its_key(project: Project, aws: None) -> None:
    key = keys.ensure(project.access_key)
    assert endpoint_key(project, URL, ours(key)) == key


def test_a_cloud_of_another_checkouts_takes_that_ones_key_from_the_environment(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.ensure(project.access_key)
    for pair in (None, ("AKIA0000", "secret"), (OTHERS.id, "secret")):
        for name, text in zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), pair or (), strict=False):
            monkeypatch.setenv(name, text)
        with pytest.raises(CloudProblem, match="belongs to another checkout") as caught:
            endpoint_key(project, URL, ours(OTHERS))
        assert "cd '/some where/else' && python -m tools env --env local" in caught.value.fix
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", OTHERS.secret)
    assert endpoint_key(project, URL, ours(OTHERS)) == OTHERS


@pytest.mark.parametrize("named", [None, "http://127.0.0.1:4567", f"{URL}/"])
def test_an_emulator_that_is_not_ours_takes_test_unless_told_otherwise(
    project: Project, aws: None, monkeypatch: pytest.MonkeyPatch, named: str | None
) -> None:
    keys.ensure(project.access_key)
    if named:
        monkeypatch.setenv("AWS_ENDPOINT_URL", named)
    meant = named == f"{URL}/"
    expected = AccessKey("AKIA0000", "secret") if meant else keys.ANY
    assert endpoint_key(project, URL, None) == expected
    before = Health(instance_id="1", version="1", project="/p", ready=True, engine="ministack")
    assert endpoint_key(project, URL, before) == expected  # one of ours from before there were keys


def test_the_pages_port_is_chosen_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: port != 8765)
    first = ports.page(project)
    assert first != 8765
    monkeypatch.setattr(ports, "is_free", lambda _: False)
    assert ports.page(project) == first


def test_localstack_that_is_not_running(project: Project) -> None:
    with pytest.raises(CloudProblem, match="LocalStack is not running") as caught:
        find(project, "localstack")
    assert caught.value.fix == "python -m tools up --engine localstack"


def test_how_a_shell_reaches_an_environment() -> None:
    assert export_command("local") == 'eval "$(python -m tools env)"'
    assert export_command("localstack") == 'eval "$(python -m tools env --env localstack)"'
