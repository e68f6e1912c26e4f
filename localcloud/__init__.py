"""The local cloud: AWS APIs on this machine, without an account, a licence or a container engine.

MiniStack serves it by default, LocalStack on request. `up` starts the local cloud, `down` stops it, and `status`
returns it when it is running. See docs/local-cloud.md.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from localcloud.cloud import ACCOUNT, LOCALSTACK, MINISTACK, REGION, Cloud, Engine, Health
    from localcloud.engines import KINDS, folder
    from localcloud.instance import instance_id
    from localcloud.lifecycle import down, status, up

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


def __getattr__(name: str) -> object:
    """Import a name when it is first used, so that importing only the errors stays fast (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from localcloud import cloud, engines, instance, lifecycle

    value = next(vars(module)[name] for module in (lifecycle, engines, instance, cloud) if name in vars(module))
    globals()[name] = value
    return value
