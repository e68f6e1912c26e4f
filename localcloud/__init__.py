"""The local cloud: AWS APIs on this machine, without an account, a licence or a container engine.

Two engines can serve it: MiniStack, unless another is named, and LocalStack. `up` starts one, `down` stops it, `status`
looks. See docs/local-cloud.md.
"""

from __future__ import annotations

from localcloud.cloud import ACCOUNT, REGION, Cloud, Engine, Health
from localcloud.engines import KINDS, LOCALSTACK, MINISTACK
from localcloud.instance import instance_id
from localcloud.lifecycle import down, folder, status, up

__all__ = [
    "ACCOUNT",
    "KINDS",
    "LOCALSTACK",
    "MINISTACK",
    "REGION",
    "Cloud",
    "Engine",
    "Health",
    "down",
    "folder",
    "instance_id",
    "status",
    "up",
]
