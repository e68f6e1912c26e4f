"""ListKeys returns every key, page by page.

MiniStack cuts ListKeys off at the limit, reports that there are more keys, and returns no marker to continue with. AWS
(KMS API reference, ListKeys) returns NextMarker when Truncated is true, and continues from it. With the patch the keys
come in pages of Limit, 100 by default, and the marker is the last key of a page.
"""

from __future__ import annotations

from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "all pages of a listing of keys"


def apply() -> None:
    """Patch ListKeys."""
    from ministack.core.responses import json_response
    from ministack.services import kms

    def listing(data: dict[str, Any]) -> Any:
        keys = [{"KeyId": key["KeyId"], "KeyArn": key["Arn"]} for key in kms._keys.values()]
        ids, after = [key["KeyId"] for key in keys], data.get("Marker")
        start = ids.index(after) + 1 if after in ids else 0
        page = keys[start : start + int(data.get("Limit", 100))]
        more = start + len(page) < len(keys)
        answer = {"Keys": page, "Truncated": more}
        return json_response(answer | ({"NextMarker": page[-1]["KeyId"]} if more else {}))

    kms._list_keys = listing


def probe(aws: Endpoint) -> bool:
    """List three keys, two on a page."""
    created = {aws("kms").create_key()["KeyMetadata"]["KeyId"] for _ in range(3)}
    return created <= {key["KeyId"] for key in aws.list_all("kms", "list_keys", Limit=2)}
