"""An unknown path or method is a 404 problem on LocalStack, whatever the request contains."""

from __future__ import annotations

from tests.localcloud.aws import Aws
from tests.localcloud.unknown_routes import ORIGIN, UNKNOWN, ask, contract_api


def test_an_unknown_route_is_a_404_problem(localstack_aws: Aws) -> None:
    api = contract_api(localstack_aws)
    for method, path, body, headers in UNKNOWN:
        ask(api, method, path, body, headers)
    assert api.call("GET", "/health").status == 200
    assert api.call("OPTIONS", "/items/i").headers["access-control-allow-origin"] == ORIGIN
