"""A proxy integration can pass on only an object whose body is a string."""

from __future__ import annotations

import pytest

from localcloud.localstack.host.gateway.proxy_answers import may_be_answer


@pytest.mark.parametrize(
    ("payload", "may_be"),
    [
        (b'{"statusCode": 200, "body": "x"}', True),
        (b'{"statusCode": 204, "body": null}', True),
        (b"{}", True),
        (b'{"statusCode": 200, "body": {"x": 1}}', False),
        (b'{"statusCode": 200, "body": 1}', False),
        (b"[]", False),
        (b"null", False),
        (b"", False),
        (b"{", False),
    ],
)
def test_an_invalid_result_is_recognized(payload: bytes, may_be: bool) -> None:
    assert may_be_answer(payload) is may_be
