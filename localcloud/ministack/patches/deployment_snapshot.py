"""A stage serves what its deployment captured.

MiniStack serves the API's current definition, so a change is live without a deployment. AWS (API Gateway Developer
Guide, "Deploy REST APIs in API Gateway": a deployment is a point-in-time snapshot of the API's resources) serves the
snapshot of the deployment that the stage points to. With the patch, CreateDeployment copies the definition, saves it
beside MiniStack's record of the deployment, and the data plane reads the copy. As on AWS, a deployment that a stage
points to cannot be deleted, and a method without an integration cannot be deployed.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "a stage serves what its deployment captured"

_CAPTURED = ("_rest_apis", "_resources", "_authorizers_v1", "_models", "_request_validators")
_STATE_KEY = "deployed_definitions"

_served: ContextVar[tuple[str, dict[str, Any]] | None] = ContextVar("served", default=None)


def apply() -> None:
    """Patch the stores that the data plane reads, and how deployments are created, deleted, saved and loaded."""
    from ministack.core.responses import AccountRegionScopedDict
    from ministack.services import apigateway_v1 as gateway

    for name in _CAPTURED:
        setattr(gateway, name, _store(AccountRegionScopedDict, name, getattr(gateway, name)))
    deployed = AccountRegionScopedDict()  # API id -> deployment id -> store name -> contents
    _patch_control_plane(gateway, deployed)
    _patch_data_plane(gateway, deployed)
    _patch_persistence(gateway, deployed)


def _store(base: Any, name: str, live: Any) -> Any:
    """Return a store that reads an API's snapshot while a request to that API is served."""

    def get(self: Any, key: Any, default: Any = None) -> Any:
        served = _served.get()
        if served and served[0] == key:
            return served[1][name]
        return base.get(self, key, default)

    store = type(base.__name__, (base,), {"__slots__": (), "get": get})()
    store._data = live._data
    return store


def _patch_control_plane(gateway: Any, deployed: Any) -> None:
    create, delete, delete_api = gateway._create_deployment, gateway._delete_deployment, gateway._delete_rest_api

    def creating(api_id: str, data: dict[str, Any]) -> Any:
        problem = _undeployable(gateway._resources.get(api_id))
        if problem:
            return gateway._v1_error("BadRequestException", problem, 400)
        before = set(gateway._deployments_v1.get(api_id, {}))
        answer = create(api_id, data)
        for made in set(gateway._deployments_v1.get(api_id, {})) - before:
            deployed.setdefault(api_id, {})[made] = copy.deepcopy(
                {name: getattr(gateway, name).get(api_id, {}) for name in _CAPTURED}
            )
        return answer

    def deleting(api_id: str, deployment_id: str) -> Any:
        if any(stage["deploymentId"] == deployment_id for stage in gateway._stages_v1.get(api_id, {}).values()):
            return gateway._v1_error(
                "BadRequestException",
                "Active stages pointing to this deployment must be moved or deleted",
                400,
            )
        deployed.get(api_id, {}).pop(deployment_id, None)
        return delete(api_id, deployment_id)

    def deleting_api(api_id: str) -> Any:
        deployed.pop(api_id, None)
        return delete_api(api_id)

    gateway._create_deployment = creating
    gateway._delete_deployment = deleting
    gateway._delete_rest_api = deleting_api


def _undeployable(resources: dict[str, Any] | None) -> str | None:
    """Return why API Gateway refuses to deploy these resources."""
    if resources is None:
        return None
    methods = [method for resource in resources.values() for method in resource["resourceMethods"].values()]
    if not methods:
        return "The REST API doesn't contain any methods"
    if not all(method.get("methodIntegration") for method in methods):
        return "No integration defined for method"
    return None


def _patch_data_plane(gateway: Any, deployed: Any) -> None:
    execute, authorization_type = gateway._handle_execute_in_scope, gateway.method_authorization_type

    @contextlib.contextmanager
    def serving(api_id: str, stage_name: str) -> Iterator[None]:
        stage = gateway._stages_v1.get(api_id, {}).get(stage_name) or {}
        captured = deployed.get(api_id, {}).get(stage.get("deploymentId"))
        token = _served.set((api_id, captured) if captured else None)
        try:
            yield
        finally:
            _served.reset(token)

    async def executing(api_id: str, stage_name: str, *request: Any) -> Any:
        with serving(api_id, stage_name):
            return await execute(api_id, stage_name, *request)

    def finding_authorization_type(api_id: str, stage_name: str, method: str, path: str) -> Any:
        scope = gateway.find_api_scope(api_id)
        if scope is None:
            return None
        with gateway.request_scope(*scope), serving(api_id, stage_name):
            return authorization_type(api_id, stage_name, method, path)

    gateway._handle_execute_in_scope = executing
    gateway.method_authorization_type = finding_authorization_type


def _patch_persistence(gateway: Any, deployed: Any) -> None:
    save, load, reset = gateway.get_state, gateway.load_persisted_state, gateway.reset

    def saving() -> dict[str, Any]:
        return {**save(), _STATE_KEY: copy.deepcopy(deployed)}

    def loading(data: dict[str, Any]) -> None:
        load(data)
        deployed.update((data or {}).get(_STATE_KEY, {}))

    def resetting() -> None:
        reset()
        deployed.clear()

    gateway.get_state = saving
    gateway.load_persisted_state = loading
    gateway.reset = resetting


def probe(aws: Endpoint) -> bool:
    """Delete a resource, and call it without another deployment."""
    api = aws.api(integration={"type": "MOCK"})
    resources = aws.list_all("apigateway", "get_resources", restApiId=api.id)
    resource = next(entry["id"] for entry in resources if entry["path"] == "/x")
    aws("apigateway").delete_resource(restApiId=api.id, resourceId=resource)
    return bool(api.call().status == 200)
