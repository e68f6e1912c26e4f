"""The one verifier of tokens: what it refuses, what it accepts, and what it does without keys."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from auth import issuers, jwks
from auth.errors import InvalidToken, KeysUnavailable
from auth.issuers import secret_issuer
from auth.jwks import parse_keys, public_key, published_keys
from auth.verifier import Verifier
from aws.clients import Unavailable
from aws.secrets import SigningKey, load_signing_keys, signing_keys
from domain.callers import Caller
from runtime.refreshing import Refreshing
from tests.token_table import BAD, GOOD, SUBJECT
from tests.unit.functions.support import tokens
from tests.unit.functions.support.application import Application
from tests.unit.functions.support.cloud import AUDIENCE, ISSUER, TOKEN_SECRET

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


# Tokens that another issuer's name, keys or algorithms are in; the rest is in the table of tokens.
OTHERS: dict[str, Callable[[str], str]] = {
    "HS256 under the other issuer's kid": lambda _: tokens.shared("rsa-1", iss=tokens.JWKS_ISSUER),
    "RS256 header over an HMAC": lambda kid: tokens.signer(kid).token(
        {"alg": "RS256", "kid": "rsa-1"}, iss=tokens.JWKS_ISSUER
    ),
    "the other issuer's iss": lambda kid: tokens.shared(kid, iss=tokens.JWKS_ISSUER),
    "RS256 with the EC key's kid": lambda _: tokens.published("RS256", "ec-1"),
    "RS512": lambda _: tokens.published("RS512", "rsa-1"),
    "RS256 of our issuer": lambda _: tokens.published("RS256", "rsa-1", iss=ISSUER),
    "a published encryption key": lambda _: tokens.published("RS256", "encryption"),
    "a published secret": lambda _: tokens.shared("oct-1", iss=tokens.JWKS_ISSUER),
    "expired of the other issuer": lambda _: tokens.published("RS256", "rsa-1", iat=NOW - 600, exp=NOW - 60),
    "of our issuer, about somebody of the other": lambda kid: tokens.shared(kid, sub=f"{tokens.JWKS_ISSUER}|alice"),
}
REFUSED: dict[str, Callable[[str], str]] = {
    **{name: lambda kid, row=row: row.make(tokens.signer(kid)) for name, row in BAD.items()},  # type: ignore[misc]
    **OTHERS,
}


def test_what_is_refused(verifier: Verifier, kid: str) -> None:
    """Each by a word that holds nothing of the token."""
    assert len(BAD) >= 60
    for name, make in REFUSED.items():
        with pytest.raises(InvalidToken) as refused:
            raise AssertionError(f"{name} is let in as {verifier.verify(make(kid))}")
        assert str(refused.value).replace("-", "").isalpha()
        assert refused.value.__cause__ is None


def test_what_is_good(verifier: Verifier, kid: str) -> None:
    for name, row in GOOD.items():
        assert verifier.verify(row.make(tokens.signer(kid))).subject in (SUBJECT, "ü" * 255), name


def test_without_a_good_form_no_key_is_asked_for(application: Application, verifier: Verifier, kid: str) -> None:
    """Whoever shows anything but a token costs one look at it."""
    made = {name: row.make(tokens.signer(kid)) for name, row in BAD.items()}
    application.secrets.delete_secret(SecretId=TOKEN_SECRET, ForceDeleteWithoutRecovery=True)
    for name, token in made.items():
        with pytest.raises(KeysUnavailable if BAD[name].by_key else InvalidToken):
            verifier.verify(token)


@pytest.mark.parametrize(
    ("claim", "seconds", "good"),
    [
        ("exp", -29, True),
        ("exp", -30, False),
        ("iat", 30, True),
        ("iat", 30.5, False),
        ("nbf", 30, True),
        ("nbf", 31, False),
    ],
)
def test_clocks_may_differ_by_half_a_minute(
    verifier: Verifier, kid: str, claim: str, seconds: float, good: bool
) -> None:
    token = tokens.shared(kid, **{"iat": NOW - 600, claim: NOW + seconds})  # type: ignore[arg-type]
    at_now = replace(verifier, now=lambda: float(NOW))
    if good:
        assert at_now.verify(token).subject == "alice"
    else:
        with pytest.raises(InvalidToken):
            at_now.verify(token)


def test_a_changed_token_is_refused(verifier: Verifier, kid: str) -> None:
    header, _, signature = tokens.shared(kid).split(".")
    other = tokens.shared(kid, sub="bob").split(".")[1]
    with pytest.raises(InvalidToken, match="InvalidSignatureError"):
        verifier.verify(f"{header}.{other}.{signature}")


def test_scopes_and_audiences(verifier: Verifier, kid: str) -> None:
    caller = verifier.verify(tokens.shared(kid, scope="items:read openid  items:admin"))
    assert caller == Caller("alice", frozenset({"items:read", "items:admin"}))
    assert verifier.verify(tokens.shared(kid, scope=None)).scopes == frozenset()
    assert verifier.verify(tokens.shared(kid, scope="items:read\titems:write")).scopes == frozenset()


def test_another_issuers_subjects_are_somebody_else(verifier: Verifier, kid: str) -> None:
    """Whoever may choose a name over there is not the one who has it here."""
    ours, theirs = verifier.verify(tokens.shared(kid)), verifier.verify(tokens.published("RS256", "rsa-1"))
    assert (ours.subject, theirs.subject) == ("alice", f"{tokens.JWKS_ISSUER}|alice")
    assert verifier.verify(tokens.published("ES256", "ec-1", sub="ü" * 255)).subject.endswith("|" + "ü" * 255)
    alone = Verifier([verifier.issuers[0]], AUDIENCE)
    assert alone.verify(tokens.shared(kid, sub=f"{tokens.JWKS_ISSUER}|alice")).subject == f"{tokens.JWKS_ISSUER}|alice"


@pytest.mark.parametrize("trusted", [True, False])
def test_another_issuers_admins_are_admins_where_that_is_said(
    verifier: Verifier, kid: str, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    theirs = jwks.jwks_issuer(tokens.JWKS_ISSUER, URL, may_administer=trusted)
    caller = Verifier([theirs], AUDIENCE).verify(tokens.published("RS256", "rsa-1", scope="items:read items:admin"))
    assert caller.scopes == {"items:read", *(["items:admin"] if trusted else [])}
    assert verifier.verify(tokens.shared(kid, scope="items:admin")).scopes == {"items:admin"}


def test_an_identity_ends_with_its_token(verifier: Verifier, kid: str) -> None:
    for token in (tokens.shared(kid, exp=NOW + 600), tokens.published("ES256", "ec-1", exp=NOW + 600.5)):
        identity = verifier.identify(token)
        assert (identity.caller, identity.expires_at) == (verifier.verify(token), NOW + 600)


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
