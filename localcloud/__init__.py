"""The local cloud: AWS APIs on this machine, without an account, a licence or a container engine.

Two engines can serve it: MiniStack, unless another is named, and LocalStack. `up` starts one, `down` stops it, `status`
looks. See docs/local-cloud.md.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from localcloud.cloud import ACCOUNT, LOCALSTACK, MINISTACK, REGION, Cloud, Engine, Health
    from localcloud.engines import KINDS
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


def __getattr__(name: str) -> object:
    """Import what is asked for: whoever needs the errors alone does not wait for the rest (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from localcloud import cloud, engines, instance, lifecycle

    value = next(vars(module)[name] for module in (lifecycle, engines, instance, cloud) if name in vars(module))
    globals()[name] = value
    return value
