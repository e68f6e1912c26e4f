"""Keep LocalStack on this machine: one listening socket, on loopback.

LocalStack's server listens on every address, whatever host `GATEWAY_LISTEN` names (its source code marks this as an
open question), so everyone on the network could call it. Its clients without credentials request some from an address
on the network, and it looks up `s3.127.0.0.1` in DNS; both can take seconds when nothing answers.
"""

from __future__ import annotations

import os
from functools import partial
from types import SimpleNamespace


def apply(host: str = "127.0.0.1") -> None:
    """Bind LocalStack's server to one address, and stop its requests to others."""
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

    from localstack.runtime.server import twisted
    from localstack.utils.aws import aws_stack
    from twisted.internet import endpoints

    aws_stack.CACHE_S3_HOSTNAME_DNS_STATUS = False
    twisted.endpoints = SimpleNamespace(
        TCP4ServerEndpoint=partial(endpoints.TCP4ServerEndpoint, interface=host),
        TCP6ServerEndpoint=endpoints.TCP6ServerEndpoint,
    )
