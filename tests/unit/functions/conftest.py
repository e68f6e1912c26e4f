"""Every test here runs against in-memory AWS, with nothing kept from the test before."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from logging import StreamHandler
from pathlib import Path

import pytest

import web.answers
from auth.jwks import published_keys
from aws.clients import client
from aws.secrets import signing_keys
from runtime import settings as environment
from runtime.logs import logger
from tests.unit.functions.support.application import Application, world
from tests.unit.functions.support.cloud import ENVIRONMENT, create_event_resources
from tests.unit.functions.support.recorder import Recorder
from tools.build.contract import render_schemas

ROOT = Path(__file__).resolve().parents[3]


class _StandardOutput:
    """Whatever standard output is at the moment; the logger would keep the one that it has met first."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


_STANDARD_OUTPUT = _StandardOutput()


@pytest.fixture(scope="session")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contract's schemas, as the build puts them into zips."""
    path = tmp_path_factory.mktemp("contract") / "schemas.json"
    path.write_bytes(render_schemas(ROOT / "api-gateway" / "openapi.yaml"))
    return path


@pytest.fixture(scope="session")
def recorder() -> Iterator[Recorder]:
    """Hears every AWS call."""
    recorder = Recorder()
    client.cache_clear()
    recorder.attach()
    yield recorder
    recorder.detach()
    client.cache_clear()


@pytest.fixture(autouse=True)
def fresh_process(schemas: Path, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and keys are read again, as in a new process; clients are kept, since they hold no state."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(web.answers, "SCHEMAS", schemas)
    for handler in logger().handlers:
        assert isinstance(handler, StreamHandler)
        handler.setStream(_STANDARD_OUTPUT)
    environment.forget()
    signing_keys.cache_clear()
    published_keys.cache_clear()


@pytest.fixture
def application(recorder: Recorder) -> Iterator[Application]:
    """The functions over empty tables. Fails when a function calls what it has no permission for."""
    with world(recorder) as application:
        yield application


@pytest.fixture
def events(application: Application) -> Application:
    """The functions over tables, buckets, bus, queue and topic."""
    create_event_resources()
    return application
