"""One deployment for the whole ring, made the way a newcomer makes it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.api import Caller
from tests.integration.capabilities import Capabilities
from tests.integration.checkout import Checkout, copy_project
from tools import tokens
from tools.environments import Environment, find


@pytest.fixture(scope="session")
def checkout(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A deployed copy of the project: by `make local`, or to the endpoint that was named."""
    endpoint = request.config.getoption("--endpoint-url")
    checkout = Checkout(copy_project(tmp_path_factory.mktemp("checkout") / "project"), endpoint)
    try:
        if endpoint:
            checkout.tools("deploy")
        else:
            checkout.run("make", "local")
        yield checkout
    finally:
        if endpoint:
            checkout.tools("destroy", check=False)
        else:
            checkout.tools("down", check=False)


@pytest.fixture
def environment(checkout: Checkout) -> Environment:
    """How the deployment is reached. Made anew for each test, since some start another local cloud."""
    return find(checkout.project, "local", checkout.endpoint)


@pytest.fixture
def outputs(checkout: Checkout) -> dict[str, Any]:
    """The deployment's outputs."""
    return checkout.outputs()


@pytest.fixture
def aws(environment: Environment) -> Callable[[str], Any]:
    """boto3 clients that reach the deployment."""
    return lambda service: tokens.client(environment, service)


@pytest.fixture
def caller(environment: Environment, outputs: dict[str, Any]) -> Callable[..., Caller]:
    """Callers by name and scope."""

    def make(name: str = "alice", scope: str = tokens.DEFAULT_SCOPE) -> Caller:
        return Caller(outputs["api_url"], tokens.mint(environment, outputs, name, scope))

    return make


@pytest.fixture
def anonymous(outputs: dict[str, Any]) -> Caller:
    """A caller without a token."""
    return Caller(outputs["api_url"])


@pytest.fixture(scope="session")
def capabilities(checkout: Checkout) -> Capabilities:
    """What the endpoint really does, found by trying."""
    return Capabilities(checkout)


@pytest.fixture(autouse=True)
def _needs(request: pytest.FixtureRequest) -> None:
    marker = request.node.get_closest_marker("needs")
    if marker is None:
        return
    capabilities = request.getfixturevalue("capabilities")
    checkout = request.getfixturevalue("checkout")
    for name in marker.args:
        if capabilities.has(name):
            continue
        if checkout.endpoint is None:
            # A skip here would let all that depends on it go unnoticed.
            pytest.fail(f"the project's own local cloud has lost the capability: {name}")
        pytest.skip(f"this endpoint lacks the capability: {name}")


def eventually(probe: Callable[[], Any], seconds: float = 15) -> Any:
    """Return the first true result of `probe`, tried until the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        result = probe()
        if result:
            return result
        assert time.monotonic() < deadline, f"not within {seconds} s: {probe}"
        time.sleep(0.1)
