"""LocalStack's process: `python -m tools.localcloud.localstack.host PROJECT`, until SIGTERM."""

from __future__ import annotations

import json
import os
import sys
import uuid
from typing import Any


def main() -> None:
    """Serve one checkout's LocalStack on loopback, and tell at `/_local/instance` which it is."""
    from localstack.constants import VERSION
    from localstack.http import Response, route
    from localstack.runtime import events
    from localstack.runtime import main as runtime
    from localstack.services.edge import ROUTER
    from twisted.internet import endpoints

    identity = {"id": uuid.uuid4().hex, "version": f"localstack-core {VERSION}", "project": sys.argv[1]}

    @route("/_local/instance", methods=["GET"])  # type: ignore[untyped-decorator]
    def instance(_: Any) -> Any:
        document = {**identity, "engine": "localstack", "ready": events.infra_ready.is_set()}
        return Response(json.dumps(document), mimetype="application/json")

    ROUTER.add(instance)
    listen = endpoints.TCP4ServerEndpoint
    host = os.environ["GATEWAY_LISTEN"].partition(":")[0]
    endpoints.TCP4ServerEndpoint = lambda reactor, port: listen(reactor, port, interface=host)
    runtime.main()


if __name__ == "__main__":
    main()
