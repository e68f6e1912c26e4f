"""Layers whose versions are all deleted are not listed.

LocalStack keeps such a layer, since its next version has the next number, and ListLayers fails on it. AWS lists layers
by their latest version (Lambda API Reference, "ListLayers"): one without any is not there. Here the store that keeps
the layers passes over the emptied ones when it is gone through, and still finds them by name.
"""

from __future__ import annotations

from collections.abc import ItemsView
from typing import Any


class Layers(dict[str, Any]):
    """LocalStack's layers by name."""

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override] # read alone
        """Return those that have a version."""
        return {name: layer for name, layer in super().items() if layer.layer_versions}.items()


def apply() -> None:
    """Have every account's and region's store keep its layers so."""
    from localstack.services.lambda_.invocation.models import LambdaStore

    vars(LambdaStore)["layers"].default = Layers
