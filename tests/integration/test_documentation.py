"""The README's commands, run as they stand."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.integration.checkout import ROOT, Checkout, clean_environment

# Commands that other tests run, or that only AWS can answer (those are held against the command line's own options).
RUN_ELSEWHERE = {
    "make local": "the deployment of this suite",
    "make test": "this run",
    "make test-localstack": "the same tests, on another engine",
    "python3 -m tools lint": "tests/terraform",
    "python3 -m tools demo": "test_demo.py; it stays open",
    "python3 -m tools watch --sub alice": "below, for one push; it stays open",
    "python3 -m tools destroy": "test_zz_delivery.py",
    "python3 -m tools down": "the end of this suite",
    "python3 -m tools build && python3 -m tools up": "test_zz_delivery.py",
    'eval "$(python3 -m tools env)"': "test_zz_delivery.py",
    "terraform init": "test_zz_delivery.py",
    "terraform apply -var-file=environments/local.tfvars": "test_zz_delivery.py",
    'curl -s "$(terraform output -raw api_url)/items"': "test_zz_delivery.py",
    "export AWS_REGION=eu-west-1": "AWS",
    "python3 -m tools deploy --env dev": "AWS",
    ".venv/bin/python -m pytest tests/e2e --deployed dev": "AWS; below against this deployment",
    "python3 -m tools plan --env prod --out prod.tfplan": "AWS",
    "python3 -m tools deploy --env prod --plan prod.tfplan": "AWS",
    ".venv/bin/python -m pytest tests/integration --endpoint-url http://127.0.0.1:4566": "this suite, with an endpoint",
}


def commands(document: Path) -> list[str]:
    """Return the lines of a document's `sh` blocks."""
    blocks = re.findall(r"```sh\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


@pytest.mark.needs("local-cloud")
def test_every_command_of_the_readme_works(checkout: Checkout) -> None:
    run = [command for command in commands(ROOT / "README.md") if command not in RUN_ELSEWHERE]
    assert len(run) >= 8
    script = "\n".join(f"printf '\\n+ {number}\\n' && {command} || exit 1" for number, command in enumerate(run))
    done = checkout.run("bash", "-c", script)
    answers = dict(re.findall(r"^\+ (\d+)\n(.*?)(?=^\+ \d|\Z)", done.stdout, re.DOTALL | re.MULTILINE))
    lists = [
        json.loads(answers[str(number)]) for number, command in enumerate(run) if command.startswith('curl -s "$URL')
    ]
    assert len(lists[0]["items"]) >= 3, "the samples"
    assert lists[-1]["items"], "what the documented POST created"


def test_every_command_named_as_run_elsewhere_stands_in_the_readme() -> None:
    assert set(RUN_ELSEWHERE) <= set(commands(ROOT / "README.md"))


@pytest.mark.needs("authorizer", "events", "websocket")
def test_the_watch_shows_what_another_shell_does(checkout: Checkout) -> None:
    watch = subprocess.Popen(
        checkout.command("watch", "--sub", "watcher", "--count", "1", "--timeout", "30", "--json"),
        cwd=checkout.root,
        env=clean_environment() | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert watch.stderr is not None
        for line in watch.stderr:
            if "watching" in line:
                break
        created = checkout.run(
            "bash",
            "-c",
            f"TOKEN=$({shlex.join(checkout.command('token', '--sub', 'watcher'))}); "
            'curl -sf -X POST "$URL/items" -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" '
            """-d '{"name":"Seen","category":"watched","price":1}'""",
            env={"URL": str(checkout.outputs()["api_url"])},
        )
        out, err = watch.communicate(timeout=40)
    finally:
        watch.kill()
    assert watch.returncode == 0, err
    pushed = json.loads(out.splitlines()[0])
    assert (pushed["type"], pushed["item"]) == ("ItemCreated", json.loads(created.stdout))


@pytest.mark.needs("managed", "authorizer")
def test_the_e2e_ring_passes_against_this_deployment(checkout: Checkout) -> None:
    done = checkout.run(".venv/bin/python", "-m", "pytest", "tests/e2e", "--deployed", checkout.place.environment, "-q")
    assert "1 passed" in done.stdout
