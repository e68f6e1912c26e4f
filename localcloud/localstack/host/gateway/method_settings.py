"""The settings of a single method can be removed from a stage.

LocalStack's UpdateStage can remove the settings of all methods (`/*/*`), but refuses the path of a single one, so
Terraform cannot destroy them. AWS removes the settings of whatever `/{resourcePath}/{httpMethod}` names (API Gateway
REST API Reference, "stage:update"), with slashes in the resource path written as `~1`. This module executes these
operations before LocalStack sees the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import wraps
from typing import Any


def apply() -> None:
    """Patch UpdateStage."""
    from localstack.services.apigateway.helpers import get_moto_rest_api
    from localstack.services.apigateway.next_gen.provider import ApigatewayNextGenProvider

    updating = ApigatewayNextGenProvider.update_stage

    @wraps(updating)
    def update_stage(
        self: Any, context: Any, rest_api_id: str, stage_name: str, patch_operations: Any = None, **more: Any
    ) -> Any:
        stage = get_moto_rest_api(context, rest_api_id).stages.get(stage_name)
        rest = patch_operations or []
        if stage is not None:
            rest = remove_settings(stage.method_settings, rest)
        return updating(self, context, rest_api_id, stage_name, rest, **more)

    ApigatewayNextGenProvider.update_stage = update_stage


def remove_settings(settings: dict[str, Any], operations: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Execute the operations that remove settings, and return the others.

    Parameters
    ----------
    settings
        The settings of a stage, by `{resourcePath}/{httpMethod}`; changed.
    operations
        Patch operations. Those that remove existing settings are executed; `/*/*` is left to LocalStack, which supports
        it.
    """
    others = []
    for operation in operations:
        method = operation.get("path", "").removeprefix("/")
        if operation.get("op") == "remove" and method in settings and method != "*/*":
            del settings[method]
        else:
            others.append(operation)
    return others
