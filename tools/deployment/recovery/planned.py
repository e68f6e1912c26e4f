"""What a plan is going to make, from `terraform show -json PLAN` (Terraform documentation, "JSON Output Format")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Planned:
    """A resource that a plan creates.

    Parameters
    ----------
    address
        Such as `module.storage.aws_dynamodb_table.items`.
    type
        Such as `aws_dynamodb_table`.
    values
        Its arguments, less those that are known only once it is made.
    """

    address: str
    type: str
    values: Mapping[str, Any]


def planned(document: Mapping[str, Any]) -> list[Planned]:
    """Return what a plan creates and does not import; what it replaces is in the state already."""
    found = []
    for change in document.get("resource_changes", []):
        about = change["change"]
        if change.get("mode") == "managed" and about["actions"] == ["create"] and not about.get("importing"):
            unknown = about.get("after_unknown") or {}
            known = {key: value for key, value in (about["after"] or {}).items() if unknown.get(key) is not True}
            found.append(Planned(change["address"], change["type"], known))
    return found


def changed(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what a plan changes, by address, with Terraform's actions: `create`, `update`, `delete`."""
    return [
        {"address": change["address"], "actions": change["change"]["actions"]}
        for change in document.get("resource_changes", [])
        if change.get("mode") == "managed" and change["change"]["actions"] != ["no-op"]
    ]


def steps(document: Mapping[str, Any]) -> int:
    """Return how many things Terraform reports as done while it applies a plan; a replacement is two."""
    return sum(len(change["actions"]) for change in changed(document))
