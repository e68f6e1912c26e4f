"""An unknown path or method is a 404 problem on MiniStack, whatever the request contains."""

from __future__ import annotations

import pytest

from tests.localcloud.aws import Api, Aws
from tests.localcloud.unknown_routes import ORIGIN, UNKNOWN, ask, contract_api


@pytest.fixture(scope="module")
def api(aws: Aws) -> Api:
    return contract_api(aws)


@pytest.mark.parametrize(("method", "path", "body", "headers"), UNKNOWN)
def test_an_unknown_route_is_a_404_problem(
    api: Api, method: str, path: str, body: bytes | None, headers: dict[str, str]
) -> None:
    ask(api, method, path, body, headers)


def test_a_head_request_gets_no_body(api: Api) -> None:
    answer = api.call("HEAD", "/nothing")
    assert (answer.status, answer.body) == (404, b"")


def test_described_routes_still_work(api: Api) -> None:
    assert api.call("GET", "/health").status == 200
    preflight = api.call("OPTIONS", "/items/i")
    assert (preflight.status, preflight.headers["access-control-allow-origin"]) == (204, ORIGIN)
    assert api.call("GET", "/items/i").status == 401
