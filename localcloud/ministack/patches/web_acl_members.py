"""A web ACL keeps all of its settings.

MiniStack keeps a web ACL's rules, default action and visibility configuration. It silently drops its other members, and
on an update its description too, so Terraform sees a difference that no apply removes. AWS returns all of them (AWS
WAFV2 API Reference, WebACL). The patch stores them with the others, and GetWebACL returns them; they have no effect.
"""

from __future__ import annotations

from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "a web ACL keeps its association settings and the like, so that a second plan is empty; they have no effect"

_KEPT = ("AssociationConfig", "CaptchaConfig", "ChallengeConfig", "CustomResponseBodies", "TokenDomains")
_OK = 200


def apply() -> None:
    """Patch the creation and update of a web ACL's record."""
    from ministack.services import waf

    create, update = waf.create_web_acl_record, waf._update_web_acl

    def creating(name: str, scope: str, properties: dict[str, Any]) -> Any:
        made = create(name, scope, properties)
        _keep(made[-1], properties)
        return made

    def updating(data: dict[str, Any]) -> Any:
        answer = update(data)
        if answer[0] == _OK:
            record = waf._resource_from_scope(waf._web_acls, data["Id"], data.get("Scope", "REGIONAL"))
            record["Description"] = data.get("Description", "")
            _keep(record, data)
        return answer

    waf.create_web_acl_record, waf._update_web_acl = creating, updating


def _keep(record: dict[str, Any], given: dict[str, Any]) -> None:
    """Replace the members; those that an update does not name are unset ("UpdateWebACL" replaces all of them)."""
    for member in _KEPT:
        record.pop(member, None)
        if member in given:
            record[member] = given[member]


def probe(aws: Endpoint) -> bool:
    """Create a web ACL with an association setting, and update it without."""
    waf = aws("wafv2")
    visibility = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
    common = {"Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "VisibilityConfig": visibility, "Rules": []}
    limit = {"RequestBody": {"API_GATEWAY": {"DefaultSizeInspectionLimit": "KB_48"}}}
    created = waf.create_web_acl(Name="w", Description="first", AssociationConfig=limit, **common)["Summary"]
    reference = {"Name": "w", "Scope": "REGIONAL", "Id": created["Id"]}
    if waf.get_web_acl(**reference)["WebACL"].get("AssociationConfig") != limit:
        return False
    waf.update_web_acl(Name="w", Id=created["Id"], LockToken=created["LockToken"], Description="second", **common)
    updated = waf.get_web_acl(**reference)["WebACL"]
    return bool(updated["Description"] == "second" and "AssociationConfig" not in updated)
