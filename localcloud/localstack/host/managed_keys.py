"""The KMS keys that services create for themselves are AWS managed keys.

LocalStack creates a key when a reserved alias such as `alias/aws/secretsmanager` is first used, and another for objects
that S3 encrypts with KMS without a given key; it lists both as customer keys. On AWS they are AWS managed keys (KMS
Developer Guide, "AWS KMS keys"): `KeyManager` is `AWS`. This module marks them so.
"""

from __future__ import annotations

from typing import Any


def apply() -> None:
    """Patch how these keys are created."""
    from localstack.services.kms.models import kms_stores
    from localstack.services.kms.provider import RESERVED_ALIASES, KmsProvider, set_key_managed
    from localstack.services.s3 import provider

    of_s3: Any = provider.create_s3_kms_managed_key_for_region
    of_alias: Any = KmsProvider._create_alias_if_reserved_and_not_exists

    def for_s3(account: str, region: str) -> Any:
        arn = of_s3(account, region)
        set_key_managed(arn, account, region)
        return arn

    def for_alias(account: str, region: str, alias: str) -> None:
        of_alias(account, region, alias)
        if alias in RESERVED_ALIASES:
            set_key_managed(kms_stores[account][region].aliases[alias].metadata["TargetKeyId"], account, region)

    provider.create_s3_kms_managed_key_for_region = for_s3
    KmsProvider._create_alias_if_reserved_and_not_exists = staticmethod(for_alias)
