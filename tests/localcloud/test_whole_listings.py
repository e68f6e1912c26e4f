"""Listings of more than one page on a real local cloud: all pages are read, so nothing is overlooked."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.integration.checkout import Checkout
from tests.integration.conftest import refuse_where_deployed
from tests.integration.endpoint import Place
from tests.integration.sweep import inventory, leftovers, of_deployment
from tests.localcloud.aws import Aws, zipped
from tools.access.listing import everything

SOMEBODY_ELSES = [f"somebody-elses-{number:03}" for number in range(120)]
DEPLOYED = "starter-local-zz"
CODE = {"ZipFile": zipped({"index.py": "def handler(event, context):\n    return 1\n"})}


@pytest.fixture(scope="module")
def crowded(aws: Aws) -> Iterator[Aws]:
    """Functions of someone else."""
    role = aws.role()

    def make(name: str) -> None:
        settings = {"Runtime": "python3.13", "Handler": "index.handler", "Role": role, "Code": CODE}
        aws("lambda").create_function(FunctionName=name, **settings)

    aws("lambda")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make, SOMEBODY_ELSES))
        yield aws
        list(pool.map(lambda name: aws("lambda").delete_function(FunctionName=name), SOMEBODY_ELSES))


def test_a_listing_has_more_than_its_first_page(crowded: Aws) -> None:
    page = crowded("lambda").list_functions()
    assert (len(page["Functions"]), "NextMarker" in page) == (50, True)
    assert set(SOMEBODY_ELSES) <= {each["FunctionName"] for each in everything(crowded("lambda"), "list_functions")}


def test_a_deployment_on_a_later_page_is_seen_by_the_guard(crowded: Aws, tmp_path: Path) -> None:
    checkout = Checkout(tmp_path, Place("ministack", "local", crowded.url))
    refuse_where_deployed(checkout, inventory(crowded))
    settings = {"Runtime": "python3.13", "Handler": "index.handler", "Role": crowded.role(), "Code": CODE}
    crowded("lambda").create_function(FunctionName=DEPLOYED, **settings)
    try:
        assert DEPLOYED not in str(crowded("lambda").list_functions()["Functions"]), "it is on the first page"
        with pytest.raises(pytest.exit.Exception, match=f"local is deployed to {crowded.url} already"):
            refuse_where_deployed(checkout, inventory(crowded))
    finally:
        crowded("lambda").delete_function(FunctionName=DEPLOYED)


def test_the_sweep_reports_leftovers_and_losses(crowded: Aws) -> None:
    before = inventory(crowded)
    assert leftovers(crowded, before) == {}
    settings = {"Runtime": "python3.13", "Handler": "index.handler", "Role": crowded.role(), "Code": CODE}
    crowded("lambda").create_function(FunctionName=DEPLOYED, **settings)
    crowded("lambda").delete_function(FunctionName=SOMEBODY_ELSES[-1])
    found = leftovers(crowded, before)
    assert (found["functions"], found["lost functions"]) == ([DEPLOYED], [SOMEBODY_ELSES[-1]])
    crowded("lambda").delete_function(FunctionName=DEPLOYED)
    crowded("lambda").create_function(FunctionName=SOMEBODY_ELSES[-1], **settings)


@pytest.mark.parametrize(
    "name",
    [
        "starter-local-items",
        "/aws/lambda/starter-local-get-item",
        "arn:aws:sns:eu-west-1:000000000000:starter-local-notifications",
        "http://127.0.0.1:4566/000000000000/starter-local-failures",
        "starter-local/token-key",
        "alias/starter-local-data",
        "starter-local-items abc123",
    ],
)
def test_a_deployment_is_known_by_any_of_its_names(name: str) -> None:
    theirs = {"starter-localstack-items", "my-starter-local-items", "starter-local"}
    assert of_deployment({"some": {name, *theirs}}, "starter-local") == [name]
