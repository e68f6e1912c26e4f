"""What was made twice: it carries this environment's tags, or belongs to something of it, and the state has another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from tools.access.listing import everything
from tools.deployment.recovery import removal
from tools.deployment.recovery.existing import Existing
from tools.deployment.recovery.kinds import KINDS, Clients
from tools.deployment.recovery.planned import Planned

OWNING_TAGS = ("Project", "Environment")
"""The tags that every resource of an environment has, from the provider's `default_tags`."""


def owning_tags(tags: Mapping[str, str] | None) -> dict[str, str]:
    """Return the tags that say whose a resource is; empty where one of them is missing."""
    found = {name: tags[name] for name in OWNING_TAGS if name in (tags or {})} if tags else {}
    return found if len(found) == len(OWNING_TAGS) else {}


@dataclass(frozen=True)
class Known:
    """What a state knows: the deployment's tags, ids by type, and the names of its functions and layers.

    Parameters
    ----------
    tags
        As from `owning_tags`; without them nothing is an orphan.
    """

    tags: dict[str, str] = field(default_factory=dict)
    ids: frozenset[tuple[str, str]] = frozenset()
    functions: frozenset[str] = frozenset()
    layers: frozenset[str] = frozenset()

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Known:
        """Read a state as `terraform state pull` prints it."""
        rows = [
            (resource["type"], instance.get("attributes") or {})
            for resource in state.get("resources", [])
            if resource.get("mode") == "managed"
            for instance in resource.get("instances", [])
        ]
        return cls(
            next((tags for _, values in rows if (tags := owning_tags(values.get("tags_all")))), {}),
            frozenset((kind, str(values.get("id"))) for kind, values in rows),
            frozenset(str(values["function_name"]) for kind, values in rows if kind == "aws_lambda_function"),
            frozenset(str(values["layer_name"]) for kind, values in rows if kind == "aws_lambda_layer_version"),
        )

    def with_plan(self, wanted: Iterable[Planned]) -> Known:
        """Return what is known together with what a plan makes, which may be there without the state's knowing."""
        made = list(wanted)
        tags = next((tags for one in made if (tags := owning_tags(one.values.get("tags_all")))), {})
        functions = {one.values.get("function_name") for one in made if one.type == "aws_lambda_function"}
        layers = {one.values.get("layer_name") for one in made if one.type == "aws_lambda_layer_version"}
        return Known(
            self.tags or tags,
            self.ids,
            self.functions | {str(name) for name in functions if name},
            self.layers | {str(name) for name in layers if name},
        )


def _plain(tags: Any) -> dict[str, str]:
    if isinstance(tags, list):
        return {tag["TagKey"]: tag["TagValue"] for tag in tags}
    return dict(tags or {})


def _websocket_apis(aws: Clients) -> list[dict[str, Any]]:
    """Return nothing where the emulator does not have the service at all: nothing of it can be left either."""
    from botocore.exceptions import ClientError

    try:
        return everything(aws("apigatewayv2"), "get_apis")
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.NOT_IMPLEMENTED:
            return []
        raise


def _tagged(aws: Clients) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield type, id and tags of all resources whose names are not unique."""
    gateway, kms = aws("apigateway"), aws("kms")
    for kind, listing in (
        ("aws_api_gateway_usage_plan", "get_usage_plans"),
        ("aws_api_gateway_api_key", "get_api_keys"),
        ("aws_api_gateway_rest_api", "get_rest_apis"),
    ):
        for one in everything(gateway, listing):
            yield kind, one["id"], _plain(one.get("tags"))
    for one in _websocket_apis(aws):
        yield "aws_apigatewayv2_api", one["ApiId"], _plain(one.get("Tags"))
    for one in everything(kms, "list_keys"):
        about = kms.describe_key(KeyId=one["KeyId"])["KeyMetadata"]
        if about["KeyState"] == "Enabled" and about.get("KeyManager") != "AWS":
            yield "aws_kms_key", one["KeyId"], _plain(everything(kms, "list_resource_tags", KeyId=one["KeyId"]))


def _parts(aws: Clients, known: Known) -> Iterator[tuple[str, str]]:
    """Yield type and id of what has no tags, and belongs to a function or layer of the deployment."""
    for mapping in everything(aws("lambda"), "list_event_source_mappings"):
        if mapping["FunctionArn"].split(":")[6] in known.functions:
            yield "aws_lambda_event_source_mapping", mapping["UUID"]
    for layer in known.layers:
        for version in everything(aws("lambda"), "list_layer_versions", LayerName=layer):
            yield "aws_lambda_layer_version", version["LayerVersionArn"]


def orphans(aws: Clients, known: Known, kept: Known) -> list[Existing]:
    """Return what is of the deployment that `known` describes, and is not in the state `kept`."""
    if not known.tags:
        return []
    found = [(kind, key) for kind, key, tags in _tagged(aws) if known.tags.items() <= tags.items()]
    return [Existing("", kind, key) for kind, key in [*found, *_parts(aws, known)] if (kind, key) not in kept.ids]


def remove(aws: Clients, found: list[Existing]) -> list[Existing]:
    """Remove them from an emulator, and return those that are removed, what refers to others first."""
    from botocore.exceptions import ClientError

    removers = {kind: about.remove for kind, about in KINDS.items()}
    removers["aws_lambda_layer_version"] = removal.layer_version
    order = list(removers)
    removed = []
    for one in sorted(found, key=lambda one: order.index(one.type)):
        take_away = removers[one.type]
        if take_away is None:
            continue
        try:
            take_away(aws, one.id)
        except ClientError:
            continue  # it went with something else, or the next run finds it again
        removed.append(one)
    return removed
