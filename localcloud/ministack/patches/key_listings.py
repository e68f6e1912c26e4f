"""A listing of keys can be read to its end.

MiniStack cuts ListKeys off at the limit, says that there are more, and gives no marker to ask for them with. AWS (KMS
API reference, ListKeys) gives NextMarker where Truncated is true, and goes on from it. Here the keys come in pages, of
100 unless Limit says otherwise, and the marker is the last key of a page.
"""

from __future__ import annotations

from typing import Any


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
