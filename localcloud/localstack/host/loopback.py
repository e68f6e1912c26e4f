"""Keeps everything on this machine: one listening socket, on loopback.

LocalStack's server listens on every address whatever host `GATEWAY_LISTEN` names (its source has it as an open
question), so that anybody on the same network could call it. Its clients that lack credentials ask an address outside
for some, and it asks the name server whether `s3.127.0.0.1` is a name; both may take seconds where nobody answers.
"""

from __future__ import annotations

import os
from functools import partial
from types import SimpleNamespace


def apply(host: str = "127.0.0.1") -> None:
    """Bind LocalStack's server to one address, and keep it from asking others."""
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

    from localstack.runtime.server import twisted
    from localstack.utils.aws import aws_stack
    from twisted.internet import endpoints

    aws_stack.CACHE_S3_HOSTNAME_DNS_STATUS = False
    twisted.endpoints = SimpleNamespace(
        TCP4ServerEndpoint=partial(endpoints.TCP4ServerEndpoint, interface=host),
        TCP6ServerEndpoint=endpoints.TCP6ServerEndpoint,
    )
