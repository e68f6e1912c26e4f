"""A web ACL keeps every member that it was given.

MiniStack keeps a web ACL's rules, default action and visibility, drops its other members without a word, and at an
update its description too: Terraform finds a difference that no apply ends. AWS answers all of them (AWS WAFV2 API
Reference, WebACL). Here they are kept beside the others, and answered by GetWebACL; nothing goes by them.
"""

from __future__ import annotations

from typing import Any

_KEPT = ("AssociationConfig", "CaptchaConfig", "ChallengeConfig", "CustomResponseBodies", "TokenDomains")
_OK = 200


def apply() -> None:
    """Patch what makes a web ACL's record, and what changes it."""
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
    """Replace the members: what an update does not name is no longer set ("UpdateWebACL" replaces all of them)."""
    for member in _KEPT:
        record.pop(member, None)
        if member in given:
            record[member] = given[member]
