"""Tokens of every kind, good and bad."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.token_table import Signer, encoded
from tests.unit.functions.support.cloud import AUDIENCE, ISSUER, TOKEN_KEY

JWKS_ISSUER = "https://keys.unit.example"


def signer(kid: str) -> Signer:
    """Return what this application's own tokens are made with."""
    return Signer(kid, TOKEN_KEY, ISSUER, AUDIENCE)


def shared(kid: str, key: str = TOKEN_KEY, **changes: Any) -> str:
    """Return a token signed with a shared key."""
    return signer(kid).token(key=key.encode(), **changes)


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    """Return the other issuer's RSA key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    """Return the other issuer's EC key."""
    return ec.generate_private_key(ec.SECP256R1())


def published(algorithm: str, kid: str, **changes: Any) -> str:
    """Return a token of the other issuer."""
    key = rsa_key() if algorithm.startswith("RS") else ec_key()
    return jwt.encode(
        signer(kid).claims(**{"iss": JWKS_ISSUER} | changes), key, algorithm=algorithm, headers={"kid": kid}
    )


def key_set(**changes: Any) -> bytes:
    """Return the other issuer's key set: "rsa-1" and "ec-1", and keys that are for something else."""
    rsa_entry = RSAAlgorithm.to_jwk(rsa_key().public_key(), as_dict=True)
    ec_entry = ECAlgorithm.to_jwk(ec_key().public_key(), as_dict=True)
    entries = [
        {**rsa_entry, "kid": "rsa-1", "use": "sig", "alg": "RS256"} | changes,
        {**ec_entry, "kid": "ec-1", "use": "sig"},
        {**rsa_entry, "kid": "encryption", "use": "enc"},
        {**rsa_entry, "kid": "other-algorithm", "alg": "RS512"},
        {"kty": "oct", "k": encoded(TOKEN_KEY), "kid": "oct-1"},
        {"kty": "RSA", "kid": "broken", "n": "AQAB"},
        {**rsa_entry},
    ]
    for entry in entries:
        entry.pop("key_ops", None)
    return json.dumps({"keys": entries}).encode()
