"""One deployment for the whole suite, made the way a newcomer makes it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from localcloud import engines
from localcloud.instance import ask_at
from tests.integration.api import Caller
from tests.integration.checkout import Checkout, copy_project
from tests.integration.endpoint import SLOW, Capabilities, Place, place, unknown
from tests.integration.sweep import Inventory, inventory, of_deployment
from tests.integration.tally import LACKS, Tally
from tools.access import tokens
from tools.access.emulators import endpoint_key
from tools.access.endpoints import check
from tools.access.environments import Environment
from tools.access.tokens import client
from tools.checks.capabilities import QUICK, probing
from tools.errors import ToolError
from tools.project import find_project

_TALLY = pytest.StashKey[Tally]()


def pytest_configure(config: pytest.Config) -> None:
    """Begin to count."""
    config.stash[_TALLY] = Tally()
    config.pluginmanager.register(_Counting(config.stash[_TALLY]), "integration-tally")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a test that needs what nobody probes."""
    for item in items:
        wrong = unknown(name for marker in item.iter_markers("needs") for name in marker.args)
        if wrong:
            raise pytest.UsageError(f"{item.nodeid} needs {', '.join(wrong)}, which is no capability")


class _Counting:
    """Counts the tests of this folder."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.nodeid.startswith("tests/integration/"):
            return
        if report.skipped:
            self._tally.skip(str(report.longrepr))
        elif report.when == "setup" and report.failed:
            self._tally.fail_to_start()
        elif report.when == "call":
            self._tally.run()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail where too few of all the tests ran."""
    if session.config.stash[_TALLY].too_few() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    """Print the counts, as a run's last line."""
    reporter, tally = config.pluginmanager.getplugin("terminalreporter"), config.stash[_TALLY]
    if reporter is None or tally.total == 0:
        return
    if tally.too_few():
        reporter.write_line(str(tally.too_few()), red=True)
    reporter.write_line(tally.line())


def _everything(config: pytest.Config) -> bool:
    """Return whether the whole suite was asked for, and not some of its tests."""
    selected = config.option.keyword or config.option.markexpr or getattr(config.option, "lf", False)
    return not selected and all((config.invocation_params.dir / name).is_dir() for name in config.args)


def _shower(config: pytest.Config) -> Callable[[str], None]:
    """Return what shows a line at once, whatever pytest captures."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    capture = config.pluginmanager.getplugin("capturemanager")

    def show(line: str) -> None:
        if reporter is None:
            return
        with capture.global_and_fixture_disabled():
            reporter.ensure_newline()
            reporter.write_line(line)

    return show


@pytest.fixture(scope="session")
def chosen(request: pytest.FixtureRequest) -> Place:
    """Where the suite runs."""
    chosen = place(request.config)
    try:
        if chosen.endpoint:
            check(chosen.endpoint)
        elif chosen.engine:
            engines.make(find_project(), chosen.engine).check()
    except ToolError as error:
        pytest.exit(f"{error.problem} Fix: {error.fix}", returncode=1)
    tally = request.config.stash[_TALLY]
    tally.where, tally.judged = chosen.name, chosen.engine == "localstack" and _everything(request.config)
    return chosen


@pytest.fixture(scope="session")
def copied(chosen: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A copy of the project, and the local cloud of it where no endpoint was named."""
    root = copy_project(tmp_path_factory.mktemp("checkout") / "project")
    key = endpoint_key(find_project(), chosen.endpoint, ask_at(chosen.endpoint)) if chosen.endpoint else None
    checkout = Checkout(root, chosen, key)
    try:
        if chosen.endpoint is None:
            checkout.tools("up", *checkout.engine_option)
        yield checkout
    finally:
        if chosen.endpoint is None:
            checkout.tools("down", check=False)


@pytest.fixture(scope="session")
def standing(copied: Checkout) -> Inventory:
    """What was there before anything of this run: somebody else's."""
    environment = copied.reach()
    return inventory(lambda service: client(environment, service))


@pytest.fixture(scope="session")
def capabilities(
    request: pytest.FixtureRequest, chosen: Place, copied: Checkout, standing: Inventory
) -> Iterator[Capabilities]:
    """What the endpoint really does, found by trying, before anything is deployed to it."""
    with probing(copied.reach()) as running:
        capabilities = Capabilities(chosen, running)
        capabilities.look(QUICK, _shower(request.config))
        yield capabilities


@pytest.fixture(scope="session")
def checkout(
    request: pytest.FixtureRequest, copied: Checkout, standing: Inventory, capabilities: Capabilities
) -> Iterator[Checkout]:
    """A deployed copy of the project: by `make local`, or with the environment of the engine or endpoint."""
    if copied.place.endpoint:
        refuse_where_deployed(copied, standing)
    try:
        if capabilities.lacks(["local-cloud"], {}) is None:
            copied.run("make", "local")
        else:
            copied.tools("deploy")
        capabilities.look(SLOW, _shower(request.config))
        yield copied
    finally:
        if copied.place.endpoint:
            copied.tools("destroy", "--yes", check=False)


def refuse_where_deployed(checkout: Checkout, standing: Inventory) -> None:
    """End the run where somebody's own deployment stands: it would be in the way, and be destroyed in the end."""
    names = of_deployment(standing, checkout.prefix)
    if names:
        place = checkout.place
        pytest.exit(
            f"{place.environment} is deployed to {place.endpoint} already ({names[0]}, ...). Take it away first: "
            f"python -m tools destroy --env {place.environment} --endpoint-url {place.endpoint} --yes",
            returncode=1,
        )


@pytest.fixture
def environment(checkout: Checkout) -> Environment:
    """How the deployment is reached. Made anew for each test, since some start another local cloud."""
    return checkout.reach()


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
def deployed(checkout: Checkout) -> dict[str, Any]:
    """The outputs of the first deployment, by which the environment shows what it has switched off."""
    return checkout.outputs()


@pytest.fixture(autouse=True)
def _needs(request: pytest.FixtureRequest) -> None:
    """Skip a test that needs what the endpoint lacks."""
    names = [name for marker in request.node.iter_markers("needs") for name in marker.args]
    if not names:
        return
    capabilities = request.getfixturevalue("capabilities")
    missing = capabilities.lacks(names, request.getfixturevalue("deployed"))
    if missing:
        pytest.skip(f"{LACKS}{missing}")


def eventually(probe: Callable[[], Any], seconds: float = 60) -> Any:
    """Return the first true result of `probe`, tried until the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        result = probe()
        if result:
            return result
        assert time.monotonic() < deadline, f"not within {seconds} s: {probe}"
        time.sleep(0.1)
