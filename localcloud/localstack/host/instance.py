"""The id of the emulator's state, and the address that reports it: `GET /_local/instance`.

LocalStack's open source code keeps no state, so every start is a new instance.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

PATH = "/_local/instance"


class Instance:
    """What this process reports about itself.

    Parameters
    ----------
    project
        Root folder of the checkout that started it.
    version
        Name and version of the engine.
    key
        The fingerprint of the access key that it accepts.
    ready
        Whether calls are accepted.
    """

    def __init__(self, *, project: str, version: str, key: str, ready: Callable[[], bool]) -> None:
        self._id = uuid.uuid4().hex
        self._project = project
        self._version = version
        self._key = key
        self._ready = ready

    def description(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            "id": self._id,
            "version": self._version,
            "project": self._project,
            "ready": self._ready(),
            "engine": "localstack",
            "key": self._key,
        }

    def install(self) -> None:
        """Answer at the address before any AWS service is routed."""
        from localstack.http import Response
        from localstack.services.edge import ROUTER

        def answer(request: Any, **_: Any) -> Any:  # noqa: ARG001 - the signature is LocalStack's
            return Response(json.dumps(self.description()), mimetype="application/json")

        ROUTER.add(PATH, answer, methods=["GET"])
