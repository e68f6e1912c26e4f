"""A call over loopback counts as encrypted.

MiniStack speaks plain HTTP and evaluates `aws:SecureTransport` as false, so a bucket policy that requires TLS refuses
every handler and every presigned URL. On AWS (IAM User Guide, "AWS global condition context keys") the same policy
allows them, since SDKs use TLS. The patch treats every call as one over TLS; tests on the Terraform plan show that the
policies require it.
"""

from __future__ import annotations

import json

from localcloud.ministack.probing import Endpoint

EFFECT = "policies that require TLS allow loopback"


def apply() -> None:
    """Patch the function that records a request's origin."""
    from ministack import app

    pin = app.pin_request_origin

    def pinning(source_ip: str, secure_transport: bool) -> None:  # noqa: ARG001 - always taken for true
        pin(source_ip, True)

    app.pin_request_origin = pinning


def probe(aws: Endpoint) -> bool:
    """Write to a bucket whose policy denies plain HTTP."""
    bucket = f"tls-{aws.name()}"
    location = {"LocationConstraint": aws("s3").meta.region_name}
    aws("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=location)
    objects = f"arn:aws:s3:::{bucket}/*"
    refusal = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": objects,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [refusal]})
    aws("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
    code = f"""
import boto3, botocore.exceptions
def handler(event, context):
    try:
        boto3.client("s3").put_object(Bucket="{bucket}", Key="k", Body=b"")
    except botocore.exceptions.ClientError:
        return False
    return True
"""
    role = aws.role({"Effect": "Allow", "Action": "s3:PutObject", "Resource": objects})
    return bool(aws.invoke(aws.function(code, role=role)))
