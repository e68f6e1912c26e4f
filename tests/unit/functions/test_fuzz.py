"""No path, header or query parameter is ever answered by a 500."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.functions.support.application import Application
from tests.unit.functions.support.events import ALICE, ANONYMOUS

TEXT = st.text(alphabet=st.characters(exclude_categories=[]), max_size=60)
NEAR = st.sampled_from(
    ["*", '"1"', 'W/"1"', "mine", "public", "lamps", "20", "019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a10", "application/json"]
)
HEADERS = st.sampled_from(["If-Match", "If-None-Match", "Idempotency-Key", "Content-Type", "X-Correlation-Id"])
PARAMETERS = st.sampled_from(["limit", "cursor", "category", "view", "other"])


@settings(
    max_examples=200,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    operation=st.sampled_from(["create_item", "get_item", "list_items", "update_item", "delete_item"]),
    item_id=NEAR | TEXT,
    parts=st.fixed_dictionaries(
        {
            "headers": st.dictionaries(HEADERS, NEAR | TEXT),
            "query": st.dictionaries(PARAMETERS, NEAR | TEXT | st.lists(TEXT, min_size=1, max_size=3)),
            "caller": st.sampled_from([ALICE, ANONYMOUS, None]),
        }
    ),
)
def test_no_request_is_a_500(application: Application, operation: str, item_id: str, parts: dict[str, Any]) -> None:
    path_id = item_id if operation not in ("create_item", "list_items") else None
    assert application.call(operation, item_id=path_id, **parts).status < 500
