"""Every path of the functions behind the stream that reaches AWS."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from processors import data_transformer
from runtime.partial_batches import NothingDone
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.events import recorded


def _data_transformer(application: Application) -> None:
    event = recorded("dynamodb_stream")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data_transformer, "put_events", lambda *_: 1 / 0)
        with pytest.raises(NothingDone):
            application.run("data-transformer", event)
    for _ in range(2):
        application.run("data-transformer", event)


SCENARIOS: dict[str, Callable[[Application], None]] = {"data-transformer": _data_transformer}
