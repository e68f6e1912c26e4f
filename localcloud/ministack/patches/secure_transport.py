"""A call over loopback counts as encrypted.

MiniStack answers in plain HTTP, and evaluates `aws:SecureTransport` as false: a bucket policy that asks for TLS refuses
every handler and every presigned URL. On AWS (IAM User Guide, "AWS global condition context keys") the same policy lets
them through, since SDKs speak TLS. Here every call is taken for one over TLS; that policies ask for it is proven on the
plan.
"""

from __future__ import annotations


def apply() -> None:
    """Patch where a request's origin is noted."""
    from ministack import app

    pin = app.pin_request_origin

    def pinning(source_ip: str, secure_transport: bool) -> None:  # noqa: ARG001 - always taken for true
        pin(source_ip, True)

    app.pin_request_origin = pinning
