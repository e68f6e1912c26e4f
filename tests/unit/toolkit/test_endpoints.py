"""Whatever stands at `--endpoint-url`: one sentence, the exit code of the local cloud, and no endless wait."""

from __future__ import annotations

from typing import Any

import click
import pytest

from tests.unit.toolkit.listeners import (
    AWS_ERROR,
    Answering,
    closing,
    dripping,
    hanging,
    http,
    listening,
    saying,
    serving_aws,
)
from tools.access import endpoints
from tools.access.endpoints import check
from tools.cli import app
from tools.errors import CloudProblem
from tools.project import Project

SSH = saying(b"SSH-2.0-OpenSSH_9.2\r\n")
STRANGERS: dict[str, tuple[str, Answering, str]] = {
    "ssh": ("http", SSH, "speaks no HTTP"),
    "noise": ("http", saying(bytes(range(256)) * 20), "speaks no HTTP"),
    "a line without an end": ("http", saying(b"HTTP/1.1 200 " + b"x" * 70000), "speaks no HTTP"),
    "closes": ("http", closing, "speaks no HTTP"),
    "hangs": ("http", hanging, "does not answer within 1 s"),
    "drips": ("http", dripping, "does not answer within 1 s"),
    "TLS": ("http", saying(b"\x15\x03\x01\x00\x02\x02\x28"), "speaks no HTTP"),
    "a web site": ("http", http("<html><code>Hello</code></html>", "200 OK"), "is no AWS endpoint"),
    "no such page": ("http", http("", "404 Not Found"), "is no AWS endpoint"),
    "no TLS": ("https", http(AWS_ERROR), "speaks no TLS"),
    "TLS that hangs": ("https", hanging, "does not answer within 1 s"),
    "TLS that closes": ("https", closing, "speaks no"),
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "PATIENCE_S", 1.0)


@pytest.mark.parametrize("name", STRANGERS)
def test_a_stranger_is_told_by_what_it_is(name: str) -> None:
    scheme, answer, problem = STRANGERS[name]
    with listening(answer) as address, pytest.raises(CloudProblem, match=problem) as caught:
        check(f"{scheme}://{address}")
    assert f"{scheme}://{address}" in caught.value.problem
    assert caught.value.fix


def test_an_endpoint_that_refuses_the_caller_is_one() -> None:
    with serving_aws() as endpoint:
        check(endpoint)
    with listening(http('{"__type": "UnrecognizedClientException"}', "400 Bad Request")) as address:
        check(f"http://{address}")


def _taking_endpoints(group: click.Group, *names: str) -> list[list[str]]:
    """Return the command lines of all commands that take `--endpoint-url`, with what they must be given."""
    found = []
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found += _taking_endpoints(command, *names, name)
        elif any(parameter.name == "endpoint_url" for parameter in command.params):
            given = [GIVEN[name]] if name in GIVEN else []
            found.append([*names, name, *given])
    return found


GIVEN = {"invoke": "get-item", "send": "create_item", "redrive": "failures"}
COMMANDS = _taking_endpoints(app)


def test_the_commands_are_found() -> None:
    assert {"deploy", "plan", "destroy", "smoke", "token", "outputs", "redrive", "capabilities"} <= {
        line[0] for line in COMMANDS
    }


@pytest.mark.parametrize("line", COMMANDS, ids=" ".join)
def test_each_command_ends_with_one_sentence(line: list[str], project: Project, command: Any, terraform: Any) -> None:
    project.events.mkdir(parents=True)
    (project.events / "create_item.json").write_text("{}")
    with listening(SSH) as address:
        code, out, err = command(*line, "--endpoint-url", f"http://{address}")
    assert code == CloudProblem.exit_code, err
    assert out == ""
    assert err.startswith(f"error: http://{address} speaks no HTTP.")
    assert len(err.splitlines()) == 2
    assert terraform.calls == []
