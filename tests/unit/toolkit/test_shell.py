"""What the shell and `~/.aws` say about AWS or Terraform leads nothing on an emulator anywhere else."""

from __future__ import annotations

import ast
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.toolkit.listeners import serving_aws
from tools.access import sdk, shell
from tools.access.clients import client
from tools.access.environments import on_aws, on_emulator
from tools.commands import context
from tools.errors import UsageProblem
from tools.project import Project, find_project

ROOT = find_project().root

HOSTILE = {
    "AWS_PROFILE": "nonexistent",
    "AWS_DEFAULT_PROFILE": "nonexistent",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9",
    "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_USE_DUALSTACK_ENDPOINT": "true",
    "AWS_STS_REGIONAL_ENDPOINTS": "no such",
    "AWS_MAX_ATTEMPTS": "no number",
    "AWS_RETRY_MODE": "no such",
    "AWS_DEFAULTS_MODE": "no such",
    "AWS_DATA_PATH": "/nowhere",
    "AWS_CA_BUNDLE": "/nowhere.pem",
    "AWS_REQUEST_CHECKSUM_CALCULATION": "no such",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "no such",
    "AWS_ROLE_ARN": "arn:aws:iam::000000000000:role/x",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere",
    "AWS_SESSION_TOKEN": "of AWS",
    "TF_VAR_project": "zzz",
    "TF_CLI_ARGS": "-no-color",
    "TF_CLI_ARGS_plan": "-destroy",
    "TF_WORKSPACE": "prod",
    "TF_DATA_DIR": "/nowhere",
    "TF_REATTACH_PROVIDERS": "{}",
    "TF_ENCRYPTION": "x",
    "HTTP_PROXY": "http://127.0.0.1:9",
}


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Set every variable that leads elsewhere, and break the user's files."""
    for name, text in HOSTILE.items():
        monkeypatch.setenv(name, text)
    folder = tmp_path / "home" / ".aws"
    folder.mkdir()
    for name in ("config", "credentials"):
        (folder / name).write_text("[profile broken\nnothing")
    # A model of the user's own, which would be found before the real one.
    model = folder / "models" / "sts" / "2011-06-15"
    model.mkdir(parents=True)
    (model / "service-2.json").write_text("{}")
    sdk.isolated_session.cache_clear()


def test_the_sdk_reaches_the_emulator_whatever_the_shell_says(project: Project, hostile: None) -> None:
    with serving_aws() as endpoint:
        environment = on_emulator(project, "local", endpoint, "one")
        sts = client(environment, "sts")
        assert sts.meta.endpoint_url == endpoint
        with pytest.raises(ClientError, match="MissingAuthenticationToken"):  # which is its own answer
            sts.get_caller_identity()
        assert not sts.meta.config.use_fips_endpoint
        assert not sts.meta.config.use_dualstack_endpoint
        assert sts._request_signer._credentials.token is None
        dynamodb = client(environment, "dynamodb")
        assert dynamodb.meta.endpoint_url == endpoint
        assert dynamodb.meta.config.retries["mode"] == "legacy"


def test_terraform_is_given_what_it_needs_and_nothing_else(
    project: Project, hostile: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "terraform.rc"
    config.touch()
    wanted = {
        "TF_CLI_CONFIG_FILE": str(config),
        "TF_PLUGIN_CACHE_DIR": "/cache",
        "TF_TOKEN_registry_example_com": "token",
        "HTTPS_PROXY": "http://proxy.example.com",
        "SSL_CERT_FILE": "/certificates.pem",
        "LC_ALL": "C.UTF-8",
        "TMPDIR": "/t",
    }
    for name, text in wanted.items():
        monkeypatch.setenv(name, text)
    variables = dict(on_emulator(project, "local", "http://127.0.0.1:1", "one").variables)
    assert wanted.items() <= variables.items()
    assert (variables["PATH"], variables["HOME"]) == (os.environ["PATH"], os.environ["HOME"])
    ours = {name for name in variables if name.startswith(("AWS_", "TF_"))} - set(wanted)
    assert ours == {
        *("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"),
        *("AWS_EC2_METADATA_DISABLED", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"),
        *("TF_WORKSPACE", "TF_VAR_emulator", "TF_IN_AUTOMATION"),
    }
    assert variables["AWS_CONFIG_FILE"] == variables["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert not {"nonexistent", "zzz", "of AWS"} & set(variables.values())


def test_a_shell_that_took_the_exports_is_led_by_nothing_else(
    project: Project, hostile: None, command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = on_emulator(project, "local", "http://127.0.0.1:1", "one")
    monkeypatch.setattr(context, "find", lambda *_: environment)
    code, out, _ = command("env")
    assert code == 0
    done = subprocess.run(["sh", "-c", f"{out}\nenv -0"], capture_output=True, text=True, check=True)
    after = dict(entry.partition("=")[::2] for entry in done.stdout.split("\0") if entry)
    leading = ("AWS_", "TF_VAR", "TF_CLI", "TF_WORK", "TF_DATA")
    led = {name: text for name, text in after.items() if name.startswith(leading)}
    exported = {name: text for name, text in environment.exports().items() if name in led}
    assert led == exported
    assert led["TF_WORKSPACE"] == "local"
    # Taken in another shell than the one that was asked, as from a file.
    assert {"AWS_PROFILE", "AWS_SESSION_TOKEN"} <= set(out.splitlines()[0].split())


VARIABLES = """
variable "project" {
  type = string
}

variable "stripe_key" {
  type      = string
  sensitive = true
}
"""


@pytest.fixture
def on_an_account(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return a project with variables, and have credentials."""
    (project.root / "variables.tf").write_text(VARIABLES)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.setenv(name, "eu-west-1")
    return project


def test_on_aws_a_terraform_variable_of_the_shell_is_refused(
    on_an_account: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_VAR_project", "zzz")
    with pytest.raises(UsageProblem, match="TF_VAR_project is set in this shell, and would change dev") as caught:
        on_aws(on_an_account, "dev")
    assert "unset TF_VAR_project" in caught.value.fix


def test_on_aws_a_secret_passes_and_a_name_that_means_nothing_does_not(
    on_an_account: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TF_VAR_stripe_key", "TF_VAR_of_another_project", "TF_CLI_ARGS_plan", "TF_DATA_DIR"):
        monkeypatch.setenv(name, "x")
    variables = on_aws(on_an_account, "dev").variables
    assert variables["TF_VAR_stripe_key"] == "x"
    assert not {"TF_VAR_of_another_project", "TF_CLI_ARGS_plan", "TF_DATA_DIR"} & set(variables)


def test_every_variable_of_the_configuration_is_known() -> None:
    declared = shell._declared(Project(ROOT))
    assert {"project", "environment", "emulator"} <= set(declared)


def _makers(path: Path) -> list[str]:
    """Return what a file imports to make sessions or clients with."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [f"{node.module}.{name.name}" for name in node.names]
    makers = ("boto3", "botocore.session", "botocore.client", "aioboto")
    return [f"{path.relative_to(ROOT)} imports {name}" for name in found if name.startswith(makers)]


def test_clients_are_made_in_one_place() -> None:
    paths = [path for folder in ("tools", "tests/integration") for path in (ROOT / folder).rglob("*.py")]
    assert len(paths) > 100
    found = [each for path in paths if path != ROOT / "tools" / "access" / "sdk.py" for each in _makers(path)]
    assert found == []
    assert _makers(ROOT / "tools" / "access" / "sdk.py")
