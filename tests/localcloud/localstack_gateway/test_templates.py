"""Gateway responses are rendered from the API's own templates."""

from __future__ import annotations

import json

import pytest

from localcloud.localstack.host.gateway.templates import header, looked_up, quoted, render

VALUES = {
    "requestId": "5f0a8f7e",
    "requestTimeEpoch": 1795428942123,
    "error": {"message": 'not "so"', "messageString": quoted('not "so"'), "responseType": "ACCESS_DENIED"},
    "identity": {"sourceIp": "203.0.113.17", "user": None},
    "authorizer": {"is-admin": "true"},
}


def variables(name: str) -> str | None:
    place, _, path = name.partition(".")
    return looked_up(VALUES, path) if place == "context" else f"<{name}>"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{"id":"$context.requestId"}', '{"id":"5f0a8f7e"}'),
        ("${context.requestId}s", "5f0a8f7es"),
        ("$context.error.messageString,", '"not \\"so\\"",'),
        ("$context.error.message.", 'not "so".'),
        ("$context.requestTimeEpoch", "1795428942123"),
        ("$context.authorizer.is-admin", "true"),
        ("[$context.identity.user$context.nothing$context.requestId.more]", "[]"),
        ("$stageVariables.colour", "<stageVariables.colour>"),
        ("$method.request.header.X-Key", "<method.request.header.X-Key>"),
        ("100 $ $other #if(1) $context", "100 $ $other #if(1) $context"),
    ],
)
def test_a_template_supports_only_variables(template: str, expected: str) -> None:
    assert render(template, variables) == expected


def test_the_value_of_a_variable_is_not_a_template() -> None:
    assert render("$context.error.message", lambda name: "$context.requestId") == "$context.requestId"


@pytest.mark.parametrize(
    ("source", "expected"),
    [("'*'", "*"), ("''", ""), ("context.requestId", "5f0a8f7e"), ("context.identity.user", None)],
)
def test_a_header_is_a_text_in_quotes_or_a_variable(source: str, expected: str | None) -> None:
    assert header(source, variables) == expected


def test_a_message_is_quoted_as_json() -> None:
    assert json.loads(quoted('a "b"\n')) == 'a "b"\n'
    assert quoted(None) == "null"
