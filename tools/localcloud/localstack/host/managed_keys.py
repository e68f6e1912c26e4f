"""The key that S3 makes for itself is AWS's, not the customer's.

LocalStack's S3 makes a key for objects that are encrypted by KMS without one being named, and KMS lists it as a
customer's. On AWS it is an AWS managed key (KMS Developer Guide, "AWS KMS keys"): `KeyManager` is `AWS`, so that
whoever looks for keys of their own does not find it.
"""

from __future__ import annotations

from collections.abc import Callable


def apply() -> None:
    """Patch what S3 makes the key with."""
    from localstack.services.kms.provider import set_key_managed
    from localstack.services.s3 import provider

    make: Callable[[str, str], str] = provider.create_s3_kms_managed_key_for_region

    def managed(account: str, region: str) -> str:
        arn = make(account, region)
        set_key_managed(arn, account, region)
        return arn

    provider.create_s3_kms_managed_key_for_region = managed
