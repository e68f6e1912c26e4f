"""What cold functions call: a local cloud with a table, secrets and an item in it, behind TLS."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import multiprocessing
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOOPBACK = "127.0.0.1"
TLS_LOOPBACK = "::1"


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for loopback; return it with its key in one file, and a bundle that trusts it.

    The bundle also holds the usual authorities, which every first connection on AWS has to load.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, TLS_LOOPBACK)])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address(TLS_LOOPBACK))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    served, trusted = folder / "served.pem", folder / "trusted.pem"
    served.write_bytes(private + public)
    served.chmod(0o600)
    trusted.write_bytes(Path(certifi.where()).read_bytes() + public)
    return served, trusted


def _front(listener: socket.socket, served: Path, port: int) -> None:
    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(65_536):
                writer.write(chunk)
                await writer.drain()
        writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(LOOPBACK, port)
        await asyncio.gather(pipe(reader, inner_writer), pipe(inner_reader, writer))

    async def serve() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(served)
        async with await asyncio.start_server(connected, sock=listener, ssl=context) as server:
            await server.serve_forever()

    asyncio.run(serve())


@contextlib.contextmanager
def behind_tls(port: int, served: Path) -> Iterator[str]:
    """Serve what listens on a port of 127.0.0.1 by TLS on the same port of ::1, by a process of its own; give its URL.

    The same port, since the local cloud answers to its own names alone, and to no other port's.
    """
    listener = socket.create_server((TLS_LOOPBACK, port), family=socket.AF_INET6)
    process = multiprocessing.get_context("fork").Process(target=_front, args=(listener, served, port), daemon=True)
    process.start()
    try:
        yield f"https://[{TLS_LOOPBACK}]:{port}"
    finally:
        process.terminate()
        process.join()
        listener.close()


def fill(client: Any, item: dict[str, Any]) -> str:
    """Make the tables and secrets that the functions use, and one item; return the `kid` of the signing key."""
    from tests.unit.functions.support.cloud import CONNECTIONS_TABLE, ITEMS_TABLE, TOKEN_SECRET, create_resources

    dynamodb, secrets = client("dynamodb"), client("secretsmanager")
    create_resources(dynamodb, secrets)
    keys = ("topic", "connectionId")
    dynamodb.create_table(
        TableName=CONNECTIONS_TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": keys[0], "KeyType": "HASH"}, {"AttributeName": keys[1], "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
    )
    dynamodb.put_item(TableName=ITEMS_TABLE, Item=item)
    return str(secrets.describe_secret(SecretId=TOKEN_SECRET)["VersionIdsToStages"].popitem()[0])


def stored_item(item_id: str, owner: str) -> dict[str, Any]:
    """Return an item as a table has it."""
    text = {
        "id": item_id,
        "name": "Desk lamp",
        "description": "",
        "category": "home-office",
        "visibility": "private",
        "owner": owner,
        "createdAt": "2026-11-23T10:15:42.123Z",
        "updatedAt": "2026-11-23T10:15:42.123Z",
    }
    others = {"price": {"N": "49.9"}, "version": {"N": "1"}, "tags": {"L": []}, "images": {"L": []}}
    return {name: {"S": value} for name, value in text.items()} | others
