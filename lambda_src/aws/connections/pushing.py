"""Messages to WebSocket clients, through API Gateway's connections ("@connections commands")."""

from __future__ import annotations

from aws.clients import client, translating

# "Quotas for configuring and running a WebSocket API": payload of a message.
MAX_BYTES = 128 * 1024
_GONE = 410


class TooLarge(Exception):
    """A message has more than `MAX_BYTES`."""


def push(endpoint: str, connection_id: str, text: str) -> bool:
    """Send a message to a connection, and say whether the connection is still there.

    Parameters
    ----------
    endpoint
        URL of the WebSocket API's stage, https (http locally).
    connection_id
        API Gateway's id of the connection.
    text
        The message.

    Raises
    ------
    TooLarge
        The message is longer than API Gateway takes.
    Unavailable
        API Gateway is throttled, too slow or down, or the client does not take its messages fast enough.
    """
    from botocore.exceptions import ClientError

    data = text.encode()
    if len(data) > MAX_BYTES:
        raise TooLarge
    try:
        with translating():
            client("apigatewaymanagementapi", endpoint).post_to_connection(ConnectionId=connection_id, Data=data)
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == _GONE:
            return False
        raise
    return True


def fits(text: str) -> bool:
    """Say whether a message is short enough to be pushed."""
    return len(text.encode()) <= MAX_BYTES
