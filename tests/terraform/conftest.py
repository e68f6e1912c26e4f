"""Terraform's runs take seconds each, so those that were chosen go on two at a time while the tests wait for them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import pytest

from tests.terraform.mutations import test_without_each_row
from tests.terraform.permissions import plan
from tests.terraform.refusals import test_without_expecting_failures
from tests.terraform.scratch import (
    Outcome,
    copy_configuration,
    initialised,
    terraform_test,
    terraform_validate,
    write_fake_build,
)

ENVIRONMENTS = ("dev", "prod", "local")


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark that names what a test waits for."""
    config.addinivalue_line("markers", "job(name): waits for this run of Terraform")


class Jobs:
    """Terraform's runs, by name; each works on a copy of the configuration that nobody else changes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.modules = copy_configuration(folder / "modules")
        self._root: Path | None = None
        self._root_lock = Lock()

    def root(self) -> Path:
        """Return a copy of the whole configuration with a build for AWS, initialised once."""
        with self._root_lock:
            if self._root is None:
                copy = copy_configuration(self.folder / "root")
                write_fake_build(copy)
                self._root = initialised(copy)
            return self._root

    def run(self, name: str) -> Outcome:
        """Do a job: a module's folder, an environment, one of the others below, or `<folder>:refusals`."""
        others: dict[str, Callable[[], Outcome]] = {
            "refusals": lambda: test_without_expecting_failures(self.root(), "tests/terraform/refusals.tftest.hcl"),
            "without-each-row": lambda: test_without_each_row(self.folder / "mutations"),
            "without-a-build": self.without_a_build,
            "features": self.features,
            "permissions": lambda: plan(self.folder / "permissions"),
            "validate": lambda: terraform_validate(self.root()),
        }
        if name in others:
            return others[name]()
        if name in ENVIRONMENTS:
            return self.environment(name)
        folder, _, what = name.partition(":")
        module = initialised(self.modules / folder)
        if what == "refusals":
            return test_without_expecting_failures(module, f"{module.name}.tftest.hcl")
        return terraform_test(module)

    def environment(self, name: str) -> Outcome:
        """Test the whole configuration with an environment's variables."""
        root = self.root()
        if name == "local":
            root = shutil.copytree(root, self.folder / "local", symlinks=True)
            write_fake_build(root, target="local")
        return terraform_test(
            root,
            "-test-directory=tests/terraform",
            f"-filter=tests/terraform/{name}.tftest.hcl",
            f"-var-file=environments/{name}.tfvars",
        )

    def features(self) -> Outcome:
        """Plan the whole configuration with each feature left out, and with all of them."""
        return terraform_test(
            self.root(), "-verbose", "-test-directory=tests/terraform", "-filter=tests/terraform/features.tftest.hcl"
        )

    def without_a_build(self) -> Outcome:
        """Plan the whole configuration as it is after `git clone`."""
        root = shutil.copytree(self.root(), self.folder / "unbuilt", symlinks=True)
        shutil.rmtree(root / "build")
        return terraform_test(
            root, "-test-directory=tests/terraform", "-filter=tests/terraform/dev.tftest.hcl", "-var=environment=dev"
        )


def _job_of(item: pytest.Item) -> str | None:
    marker = item.get_closest_marker("job")
    return marker.args[0] if marker else None


@pytest.fixture(scope="session")
def jobs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Outcome]]]:
    """Start the jobs of all tests that were chosen."""
    names = dict.fromkeys(name for item in request.session.items if (name := _job_of(item)))
    work = Jobs(tmp_path_factory.mktemp("terraform"))
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield {name: pool.submit(work.run, name) for name in names}
        pool.shutdown(cancel_futures=True)


@pytest.fixture
def outcome(request: pytest.FixtureRequest, jobs: dict[str, Future[Outcome]]) -> Outcome:
    """Wait for the run that the test's mark names."""
    name = _job_of(request.node)
    assert name is not None, "the test has no mark `job`"
    return jobs[name].result()
