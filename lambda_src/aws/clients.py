"""AWS clients: made when first needed, kept for the life of the process, with every timeout set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

# Two attempts of at most 3 s each stay below the functions' timeout, which stays below the gateway's 29 s.
CONNECT_SECONDS = 1
READ_SECONDS = 2
ATTEMPTS = 2

THROTTLED = frozenset(
    {
        "InternalError",
        "InternalException",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "KMSThrottling",
        "KMSThrottlingException",
        "LimitExceededException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingError",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)

# Otherwise boto3 presigns with version 2, which objects under a KMS key refuse, and for the bucket's global name, which
# redirects for hours after a bucket was made: no browser repeats a POST with a file after a redirect.
_S3: dict[str, Any] = {"signature_version": "s3v4", "s3": {"addressing_style": "virtual"}}

# boto3's session makes clients for one thread at a time (boto3 guide, "Multithreading with sessions").
_making = Lock()


class Unavailable(Exception):
    """A service that the function needs is throttled, too slow or down. Trying again later may help."""


@cache
def client(service: str, endpoint_url: str | None = None) -> Any:
    """Return the client of an AWS service, such as "dynamodb".

    boto3 takes a third of a second to import, so it is imported here and not at the start. Threads may ask at once.

    Parameters
    ----------
    service
        boto3's name of the service.
    endpoint_url
        Where it is, for a service whose endpoint is the application's own (the WebSocket API's connections).
    """
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        **(_S3 if service == "s3" else {}),
    )
    with _making:
        return boto3.client(service, config=config, endpoint_url=endpoint_url)


def connect(service: str) -> None:
    """Make a service's client, and open the connection that its first call goes by: authorities, handshake and all.

    Only for `at_init`. The request is an unsigned GET of the endpoint's root, which no service does anything for,
    whatever it answers. botocore has no public way to open a connection alone.
    """
    from botocore.awsrequest import AWSRequest

    made = client(service)
    made._endpoint.http_session.send(AWSRequest("GET", f"{made.meta.endpoint_url}/").prepare())


@contextmanager
def translating() -> Iterator[None]:
    """Turn what boto3 raises for a throttled or unreachable service into `Unavailable`; let the rest through."""
    from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

    try:
        yield
    except ClientError as error:
        if is_throttled(error):
            raise Unavailable(error.response["Error"]["Code"]) from error
        raise
    except (ConnectionError, HTTPClientError) as error:
        raise Unavailable(type(error).__name__) from error


def is_throttled(error: Any) -> bool:
    """Say whether a `ClientError` means "later" rather than "no"."""
    return error.response.get("Error", {}).get("Code") in THROTTLED


def error_code(error: Exception) -> str:
    """Return the code of a `ClientError`, or the name of any other error's class: nothing that a caller has written."""
    answer = getattr(error, "response", None)
    code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else None
    return str(code or type(error).__name__)
