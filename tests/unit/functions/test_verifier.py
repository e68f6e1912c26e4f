"""The one verifier of tokens: what it refuses, what it accepts, and what it does without keys."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from auth import issuers, jwks
from auth.errors import InvalidToken, KeysUnavailable
from auth.issuers import secret_issuer
from auth.jwks import parse_keys, public_key, published_keys
from auth.verifier import MAX_TOKEN_BYTES, Verifier
from domain.callers import Caller
from storage.clients import Unavailable
from storage.refreshing import Refreshing
from storage.secrets_reader import SigningKey, load_signing_keys, signing_keys
from tests.unit.functions.support import tokens
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import AUDIENCE, ISSUER, TOKEN_KEY, TOKEN_SECRET

URL = "https://keys.unit.example/jwks"
NOW = int(time.time())


@pytest.fixture
def kid(application: Application) -> str:
    """Version id of the signing key."""
    return str(application.secrets.get_secret_value(SecretId=TOKEN_SECRET)["VersionId"])


@pytest.fixture
def verifier(kid: str, monkeypatch: pytest.MonkeyPatch) -> Verifier:
    """Trusts this application's own issuer, and one that publishes its keys."""
    monkeypatch.setattr(jwks, "fetch", lambda _: tokens.key_set())
    return Verifier([secret_issuer(ISSUER, TOKEN_SECRET), jwks.jwks_issuer(tokens.JWKS_ISSUER, URL)], AUDIENCE)


REFUSED: dict[str, Callable[[str], str]] = {
    "alg none": tokens.unsigned,
    "alg None": lambda kid: tokens.unsigned(kid, "None"),
    "alg empty": lambda kid: tokens.unsigned(kid, ""),
    "alg missing": lambda kid: tokens.handmade({"kid": kid}, tokens.claims(), TOKEN_KEY.encode()),
    "alg a list": lambda kid: tokens.handmade({"alg": ["HS256"], "kid": kid}, tokens.claims(), TOKEN_KEY.encode()),
    "alg HS512": lambda kid: tokens.handmade({"alg": "HS512", "kid": kid}, tokens.claims(), TOKEN_KEY.encode()),
    "HS256 signed with the public key": lambda _: tokens.handmade(
        {"alg": "HS256", "kid": "rsa-1"}, tokens.claims(iss=tokens.JWKS_ISSUER), tokens.public_pem()
    ),
    "HS256 signed with the public key under our kid": lambda kid: tokens.handmade(
        {"alg": "HS256", "kid": kid}, tokens.claims(), tokens.public_pem()
    ),
    "RS256 header over an HMAC": lambda kid: tokens.handmade(
        {"alg": "RS256", "kid": "rsa-1"}, tokens.claims(iss=tokens.JWKS_ISSUER), tokens.public_pem()
    ),
    "wrong kid": lambda _: tokens.shared("019ab5c4-0000-7000-8000-000000000000"),
    "no kid": lambda _: tokens.shared(None),
    "kid a number": lambda _: tokens.handmade({"alg": "HS256", "kid": 1}, tokens.claims(), TOKEN_KEY.encode()),
    "kid a path": lambda _: tokens.shared("../../dev/null"),
    "wrong key": lambda kid: tokens.shared(kid, key="x" * 40),
    "wrong aud": lambda kid: tokens.shared(kid, aud="other"),
    "no aud": lambda kid: tokens.shared(kid, aud=None),
    "wrong iss": lambda kid: tokens.shared(kid, iss="https://evil.unit.example"),
    "the other issuer's iss": lambda kid: tokens.shared(kid, iss=tokens.JWKS_ISSUER),
    "no iss": lambda kid: tokens.shared(kid, iss=None),
    "expired": lambda kid: tokens.shared(kid, iat=NOW - 600, exp=NOW - 60),
    "no exp": lambda kid: tokens.shared(kid, exp=None),
    "exp a word": lambda kid: tokens.handmade(
        {"alg": "HS256", "kid": kid}, tokens.claims(exp="never"), TOKEN_KEY.encode()
    ),
    "exp infinite": lambda kid: tokens.handmade(
        {"alg": "HS256", "kid": kid}, tokens.claims(exp=float("inf")), TOKEN_KEY.encode()
    ),
    "not yet valid": lambda kid: tokens.shared(kid, nbf=NOW + 3600),
    "issued in the future": lambda kid: tokens.shared(kid, iat=NOW + 3600),
    "no iat": lambda kid: tokens.shared(kid, iat=None),
    "no sub": lambda kid: tokens.shared(kid, sub=None),
    "empty sub": lambda kid: tokens.shared(kid, sub=""),
    "sub with a line break": lambda kid: tokens.shared(kid, sub="a\nb"),
    "sub too long": lambda kid: tokens.shared(kid, sub="a" * 256),
    "sub a number": lambda kid: tokens.handmade({"alg": "HS256", "kid": kid}, tokens.claims(sub=1), TOKEN_KEY.encode()),
    "scope a list": lambda kid: tokens.shared(kid, scope=["items:admin"]),
    "garbage": lambda _: "garbage",
    "three parts of garbage": lambda _: "a.b.c",
    "empty parts": lambda _: "..",
    "empty": lambda _: "",
    "not ASCII": lambda _: "é.é.é",
    "header not an object": lambda _: "W10.e30.AA",
    "nested header": lambda _: "eyJhIjo" + "W1tb" * 1900 + ".e30.AA",
    "too long": lambda kid: tokens.shared(kid, padding="x" * MAX_TOKEN_BYTES),
    "critical extension": lambda kid: tokens.handmade(
        {"alg": "HS256", "kid": kid, "crit": ["x"], "x": 1}, tokens.claims(), TOKEN_KEY.encode()
    ),
    "RS256 with the EC key's kid": lambda _: tokens.published("RS256", "ec-1"),
    "RS512": lambda _: tokens.published("RS512", "rsa-1"),
    "RS256 of our issuer": lambda _: tokens.published("RS256", "rsa-1", iss=ISSUER),
    "a published encryption key": lambda _: tokens.published("RS256", "encryption"),
    "a published secret": lambda _: tokens.handmade(
        {"alg": "HS256", "kid": "oct-1"}, tokens.claims(iss=tokens.JWKS_ISSUER), TOKEN_KEY.encode()
    ),
    "expired of the other issuer": lambda _: tokens.published("RS256", "rsa-1", iat=NOW - 600, exp=NOW - 60),
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED.keys())
def test_refused(verifier: Verifier, kid: str, make: Callable[[str], str]) -> None:
    with pytest.raises(InvalidToken) as refused:
        verifier.verify(make(kid))
    assert str(refused.value).replace("-", "").isalpha()
    assert refused.value.__cause__ is None


def test_a_changed_token_is_refused(verifier: Verifier, kid: str) -> None:
    header, _, signature = tokens.shared(kid).split(".")
    other = tokens.shared(kid, sub="bob").split(".")[1]
    with pytest.raises(InvalidToken, match="InvalidSignatureError"):
        verifier.verify(f"{header}.{other}.{signature}")


def test_accepted(verifier: Verifier, kid: str) -> None:
    caller = verifier.verify(tokens.shared(kid, scope="items:read openid  items:admin"))
    assert caller == Caller("alice", frozenset({"items:read", "items:admin"}))
    assert verifier.verify(tokens.shared(kid, scope=None)).scopes == frozenset()
    assert verifier.verify(tokens.shared(kid, aud=["other", AUDIENCE])).subject == "alice"
    assert verifier.verify(tokens.published("RS256", "rsa-1")).subject == "alice"
    assert verifier.verify(tokens.published("ES256", "ec-1", sub="ü" * 255)).subject == "ü" * 255


def test_an_identity_ends_with_its_token(verifier: Verifier, kid: str) -> None:
    for token in (tokens.shared(kid, exp=NOW + 600), tokens.published("ES256", "ec-1", exp=NOW + 600.5)):
        identity = verifier.identify(token)
        assert (identity.caller, identity.expires_at) == (verifier.verify(token), NOW + 600)


def test_clocks_may_differ_a_little(verifier: Verifier, kid: str) -> None:
    now = int(time.time())
    assert verifier.verify(tokens.shared(kid, exp=now - 10, iat=now - 60)).subject == "alice"
    assert verifier.verify(tokens.shared(kid, iat=now + 10, nbf=now + 10)).subject == "alice"


def test_algorithms_are_bound_to_the_type_of_key() -> None:
    assert issuers.SHARED_KEY_ALGORITHMS == ("HS256",)
    assert issuers.ALGORITHMS_BY_PUBLIC_KEY_TYPE == {"RSA": "RS256", "EC": "ES256"}


def test_rotation_works_without_a_new_process(application: Application, kid: str) -> None:
    now = [0.0]
    keys = Refreshing(lambda: load_signing_keys(TOKEN_SECRET), clock=lambda: now[0])
    issuer = issuers.Issuer(ISSUER, ("HS256",), lambda kid, _: issuers._shared_key(keys, kid))
    verifier = Verifier([issuer], AUDIENCE)
    old = tokens.shared(kid)
    assert verifier.verify(old).subject == "alice"

    def rotate(key: str) -> str:
        return str(application.secrets.put_secret_value(SecretId=TOKEN_SECRET, SecretString=key)["VersionId"])

    new = tokens.shared(rotate("second-" + "k" * 32), key="second-" + "k" * 32)
    with pytest.raises(InvalidToken, match="unknown-key"):
        verifier.verify(new)
    now[0] = 30.0
    assert verifier.verify(new).subject == "alice", "an unknown kid is looked up again after 30 seconds"
    assert verifier.verify(old).subject == "alice", "the previous key is still good"
    newest = tokens.shared(rotate("third-" + "k" * 32), key="third-" + "k" * 32)
    now[0] = 331.0
    assert verifier.verify(newest).subject == "alice"
    assert verifier.verify(new).subject == "alice"
    with pytest.raises(InvalidToken, match="unknown-key"):
        verifier.verify(old)


def test_without_keys_nobody_is_let_in(application: Application, verifier: Verifier, kid: str) -> None:
    application.secrets.delete_secret(SecretId=TOKEN_SECRET, ForceDeleteWithoutRecovery=True)
    with pytest.raises(KeysUnavailable):
        verifier.verify(tokens.shared(kid))


def test_a_short_key_is_no_key(application: Application) -> None:
    application.secrets.put_secret_value(SecretId=TOKEN_SECRET, SecretString="short")
    with pytest.raises(Unavailable):
        signing_keys(TOKEN_SECRET).get()


def test_a_key_is_not_shown() -> None:
    assert "hush" not in repr(SigningKey("1", b"hush"))


def test_published_keys_are_those_for_signatures() -> None:
    keys = Refreshing(lambda: parse_keys(tokens.key_set()))
    assert set(keys.get()) == {"rsa-1", "ec-1"}
    for kid, algorithm in (("rsa-1", "ES256"), ("ec-1", "RS256")):
        with pytest.raises(InvalidToken, match="unknown-key"):
            public_key(keys, kid, algorithm)


@pytest.mark.parametrize("document", [b"", b"[]", b"{}", b'{"keys": 1}', b'{"keys": [1]}', b"\xff", b"[" * 60_000])
def test_what_is_no_key_set_is_no_keys(document: bytes) -> None:
    with pytest.raises(KeysUnavailable):
        parse_keys(document)


def test_unknown_keys_do_not_make_us_ask_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now, asked = [0.0], []
    keys = Refreshing(lambda: asked.append(1) or parse_keys(tokens.key_set()), clock=lambda: now[0])  # type: ignore[func-returns-value]
    assert public_key(keys, "rsa-1", "RS256")
    for _ in range(20):
        with pytest.raises(InvalidToken):
            public_key(keys, "unknown", "RS256")
    assert len(asked) == 1
    now[0] = 30.0
    with pytest.raises(InvalidToken):
        public_key(keys, "unknown", "RS256")
    assert len(asked) == 2


def test_the_other_issuer_being_down_keeps_our_own_tokens_good(
    verifier: Verifier, kid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_: str) -> bytes:
        raise KeysUnavailable("URLError")

    published_keys.cache_clear()
    monkeypatch.setattr(jwks, "fetch", down)
    with pytest.raises(KeysUnavailable):
        Verifier([jwks.jwks_issuer(tokens.JWKS_ISSUER, URL)], AUDIENCE).verify(tokens.published("RS256", "rsa-1"))
    assert verifier.verify(tokens.shared(kid)).subject == "alice"
