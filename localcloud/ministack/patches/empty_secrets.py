"""A secret created without a value has no version.

MiniStack gives it an empty version, which becomes AWSPREVIOUS when the first value is stored. AWS (Secrets Manager API
reference, CreateSecret) creates no version, and the first value is the first version. The patch removes the empty one.
"""

from __future__ import annotations

import json
from typing import Any

from localcloud.ministack.probing import Endpoint

EFFECT = "a secret created without a value has no version"


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


def probe(aws: Endpoint) -> bool:
    """Create a secret without a value, list its versions, and store a value."""
    secrets = aws("secretsmanager")
    created = secrets.create_secret(Name="empty")
    if "VersionId" in created or aws.list_all("secretsmanager", "list_secret_version_ids", SecretId="empty"):
        return False
    secrets.put_secret_value(SecretId="empty", SecretString="first")
    return bool(secrets.get_secret_value(SecretId="empty")["SecretString"] == "first")
