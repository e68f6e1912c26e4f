"""Tokens of every kind, good and bad."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.unit.functions.support.cloud import AUDIENCE, ISSUER, TOKEN_KEY

JWKS_ISSUER = "https://keys.unit.example"


def claims(**changes: Any) -> dict[str, Any]:
    """Return the claims of a good token with changes; a claim set to `None` is left out."""
    now = int(time.time())
    good: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "alice",
        "scope": "items:read items:write",
        "iat": now,
        "exp": now + 600,
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def shared(kid: str | None, key: str = TOKEN_KEY, **changes: Any) -> str:
    """Return a token signed with a shared key."""
    return jwt.encode(claims(**changes), key, algorithm="HS256", headers={"kid": kid} if kid else None)


def unsigned(kid: str, algorithm: str = "none") -> str:
    """Return a token of `alg: none`."""
    return ".".join([_part({"alg": algorithm, "typ": "JWT", "kid": kid}), _part(claims()), ""])


def handmade(header: dict[str, Any], payload: dict[str, Any], key: bytes) -> str:
    """Return an HS256-signed token whatever its header says: no library stands in the way."""
    signed = f"{_part(header)}.{_part(payload)}"
    return f"{signed}.{_bytes(hmac.digest(key, signed.encode(), hashlib.sha256))}"


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    """Return the other issuer's RSA key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    """Return the other issuer's EC key."""
    return ec.generate_private_key(ec.SECP256R1())


def public_pem() -> bytes:
    """Return the other issuer's public key as anybody can have it."""
    return rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def published(algorithm: str, kid: str, **changes: Any) -> str:
    """Return a token of the other issuer."""
    key = rsa_key() if algorithm.startswith("RS") else ec_key()
    return jwt.encode(claims(**{"iss": JWKS_ISSUER} | changes), key, algorithm=algorithm, headers={"kid": kid})


def key_set(**changes: Any) -> bytes:
    """Return the other issuer's key set: "rsa-1" and "ec-1", and keys that are for something else."""
    rsa_entry = RSAAlgorithm.to_jwk(rsa_key().public_key(), as_dict=True)
    ec_entry = ECAlgorithm.to_jwk(ec_key().public_key(), as_dict=True)
    entries = [
        {**rsa_entry, "kid": "rsa-1", "use": "sig", "alg": "RS256"} | changes,
        {**ec_entry, "kid": "ec-1", "use": "sig"},
        {**rsa_entry, "kid": "encryption", "use": "enc"},
        {**rsa_entry, "kid": "other-algorithm", "alg": "RS512"},
        {"kty": "oct", "k": _bytes(TOKEN_KEY.encode()), "kid": "oct-1"},
        {"kty": "RSA", "kid": "broken", "n": "AQAB"},
        {**rsa_entry},
    ]
    for entry in entries:
        entry.pop("key_ops", None)
    return json.dumps({"keys": entries}).encode()


def _part(value: dict[str, Any]) -> str:
    return _bytes(json.dumps(value).encode())


def _bytes(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
