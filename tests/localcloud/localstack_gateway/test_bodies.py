"""A body is validated with the model of its content type, and has to be strict JSON."""

from __future__ import annotations

import pytest

from localcloud.localstack.host.gateway.bodies import is_strict, model

MODELS = {"application/json": "Item", "text/csv": "Row"}


@pytest.mark.parametrize(
    ("models", "content_type", "expected"),
    [
        (MODELS, "application/json", "Item"),
        (MODELS, "Application/JSON; charset=utf-8", "Item"),
        (MODELS, None, "Item"),
        (MODELS, "text/csv", "Row"),
        (MODELS, "application/x-www-form-urlencoded", None),
        (MODELS | {"$default": "Any"}, "application/x-www-form-urlencoded", "Any"),
        (MODELS | {"$default": "Any"}, "text/csv", "Row"),
        ({}, "application/json", None),
        (None, "application/json", None),
    ],
)
def test_the_model_is_that_of_the_content_type(
    models: dict[str, str] | None, content_type: str | None, expected: str | None
) -> None:
    assert model(models, content_type) == expected


@pytest.mark.parametrize(
    ("body", "strict"),
    [
        (b'{"price": 1.5}', True),
        (b'{"price": 1e999}', True),
        (b"null", True),
        (b'{"price": NaN}', False),
        (b"[Infinity, -Infinity]", False),
        (b"{", False),
        (b"", False),
        (b'"\xff"', False),
        (b"[" * 200_000 + b"]" * 200_000, False),
    ],
    ids=["number", "large", "null", "nan", "infinity", "cut", "empty", "not-utf-8", "deep"],
)
def test_nan_and_infinity_are_not_json(body: bytes, strict: bool) -> None:
    assert is_strict(body) is strict
