"""Do not list layers whose versions are all deleted.

LocalStack keeps such a layer, so that the next version gets the next number, and ListLayers fails on it. AWS lists
layers by their latest version (Lambda API Reference, "ListLayers"), so a layer without versions is not listed. This
module makes the store skip emptied layers when it is iterated; they are still found by name.
"""

from __future__ import annotations

from collections.abc import ItemsView
from typing import Any


class Layers(dict[str, Any]):
    """LocalStack's layers by name."""

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override] # only read
        """Return the layers that have a version."""
        return {name: layer for name, layer in super().items() if layer.layer_versions}.items()


def apply() -> None:
    """Use such a store for every account and region."""
    from localstack.services.lambda_.invocation.models import LambdaStore

    vars(LambdaStore)["layers"].default = Layers
