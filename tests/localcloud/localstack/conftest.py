"""The LocalStack that these tests share; without a Python 3.13 they are skipped, and the reason is shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import localcloud
from localcloud import LOCALSTACK, engines
from tests.localcloud.aws import Aws
from tests.localcloud.conftest import free_project
from tools.errors import MachineProblem
from tools.project import Project


@pytest.fixture(scope="session")
def localstack_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The checkout of the shared LocalStack, which has its own port."""
    made = free_project(free_project(tmp_path_factory.mktemp("localstack")).root, LOCALSTACK)
    try:
        engines.make(made, LOCALSTACK).check()
    except MachineProblem as lacking:
        pytest.skip(lacking.problem)
    try:
        localcloud.up(made, LOCALSTACK)
        yield made
    finally:
        localcloud.down(made, LOCALSTACK)


@pytest.fixture
def localstack(localstack_project: Project) -> localcloud.Cloud:
    """The shared LocalStack; started again if a test has stopped it."""
    return localcloud.up(localstack_project, LOCALSTACK)


@pytest.fixture
def localstack_aws(localstack: localcloud.Cloud, localstack_project: Project) -> Aws:
    """A client for it."""

    def restart() -> None:
        localcloud.down(localstack_project, LOCALSTACK)
        localcloud.up(localstack_project, LOCALSTACK)

    return Aws(localstack.url, restart)
