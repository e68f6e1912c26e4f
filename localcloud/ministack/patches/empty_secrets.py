"""A secret made without a value has no version.

MiniStack gives it an empty version, which the first real value turns into AWSPREVIOUS. AWS (Secrets Manager API
reference, CreateSecret) makes no version then, and the first value is the first version. Here the empty one is taken
out again.
"""

from __future__ import annotations

import json
from typing import Any


def apply() -> None:
    """Patch CreateSecret."""
    from ministack.services import secretsmanager

    create = secretsmanager._create_secret

    def creating(data: dict[str, Any]) -> Any:
        answer = create(data)
        if answer[0] == 200 and data.get("SecretString") is None and data.get("SecretBinary") is None:
            secretsmanager._secrets[data["Name"]]["Versions"].clear()
            made = {key: value for key, value in json.loads(answer[2]).items() if key != "VersionId"}
            return (answer[0], answer[1], json.dumps(made).encode())
        return answer

    secretsmanager._create_secret = creating
