"""Options of all suites."""

from __future__ import annotations

import os
import signal

import pytest

pytest_plugins = ["tests.browser"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what the suites take."""
    parser.addoption(
        "--engine",
        choices=["ministack", "localstack"],
        default="ministack",
        help="run the integration suite on a local cloud of this engine",
    )
    parser.addoption(
        "--endpoint-url",
        default=os.environ.get("AWS_ENDPOINT_URL"),
        help="run the integration suite against this LocalStack-compatible endpoint, not a local cloud of its own",
    )
    parser.addoption(
        "--env",
        metavar="NAME",
        help="deploy the integration suite with environments/NAME.tfvars, not with what belongs to the engine",
    )
    parser.addoption("--deployed", metavar="ENV", help="run tests/e2e against this environment, as deployed")
    parser.addoption("--full", action="store_true", help="also run the long tests that `make test` leaves out")


def pytest_configure() -> None:
    """Let Ctrl-C reach what tests start: shells make what they run in the background deaf to it, children included."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the long tests unless they are asked for."""
    if config.getoption("--full"):
        return
    for item in items:
        if item.get_closest_marker("full"):
            item.add_marker(pytest.mark.skip(reason="long: run it with `make test-full`"))
