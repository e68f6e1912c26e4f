"""One table of good and bad tokens, and of ways to show one: every place that lets callers in is held against it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LONGEST_TOKEN = 8192
SUBJECT = "alice"


@dataclass(frozen=True)
class Signer:
    """What an application's own tokens are made with."""

    key_id: str
    key: str
    issuer: str
    audience: str

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Return the claims of a good token with changes; a claim set to `None` is left out."""
        now = int(time.time())
        good: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": SUBJECT,
            "scope": "items:read items:write",
            "iat": now,
            "exp": now + 600,
        }
        return {name: value for name, value in (good | changes).items() if value is not None}

    def header(self, **changes: Any) -> dict[str, Any]:
        """Return the header of a good token with changes; a parameter set to `None` is left out."""
        good = {"alg": "HS256", "typ": "JWT", "kid": self.key_id}
        return {name: value for name, value in (good | changes).items() if value is not None}

    def sign(self, header: str, claims: str, key: bytes | None = None) -> str:
        """Return a token of these texts, signed by HMAC with SHA-256 whatever its header says."""
        signed = f"{encoded(header)}.{encoded(claims)}"
        return f"{signed}.{encoded(hmac.digest(key or self.key.encode(), signed.encode(), hashlib.sha256))}"

    def token(self, header: Mapping[str, Any] | None = None, key: bytes | None = None, **claims: Any) -> str:
        """Return a good token with changes in header and claims."""
        return self.sign(json.dumps(self.header(**(header or {}))), json.dumps(self.claims(**claims)), key)

    def raw(self, *, header: str = "", claims: str = "") -> str:
        """Return a good token with text after the first brace of its header or claims: what no JSON library writes."""
        made = json.dumps(self.header()), json.dumps(self.claims())
        return self.sign("{" + header + made[0][1:], "{" + claims + made[1][1:])


@dataclass(frozen=True)
class Row:
    """A token.

    Parameters
    ----------
    make
        Makes it.
    good
        Whether it is one.
    by_key
        Whether only the key shows that it is not.
    connects
        Whether it opens a connection, where that is not the same.
    """

    make: Callable[[Signer], str]
    good: bool = False
    by_key: bool = False
    connects: bool | None = None

    @property
    def opens(self) -> bool:
        """Whether it opens a WebSocket connection."""
        return self.good if self.connects is None else self.connects


def encoded(content: str | bytes) -> str:
    """Return base64url without padding."""
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@cache
def public_key() -> bytes:
    """Return a public key as anybody can have one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _now(seconds: float = 0) -> float:
    return int(time.time()) + seconds


def _unsigned(signer: Signer, algorithm: str) -> str:
    header, claims = json.dumps(signer.header(alg=algorithm)), json.dumps(signer.claims())
    return f"{encoded(header)}.{encoded(claims)}."


def _changed(signer: Signer, part: int, change: Callable[[str], str]) -> str:
    parts = signer.token().split(".")
    parts[part] = change(parts[part])
    return ".".join(parts)


def _of_length(signer: Signer, length: int) -> str:
    """Return a good token of that many characters, or one more: three bytes are four characters."""
    short = len(signer.token(padding=""))
    return signer.token(padding="x" * ((length - short) * 3 // 4))


def _time_claims() -> dict[str, Row]:
    """Return each claim that is a time with everything that is none."""
    wrong: dict[str, Any] = {
        "true": True,
        "false": False,
        "text": "4102444800",
        "a list": [4102444800],
        "an object": {"seconds": 4102444800},
        "null": "NULL",
        "negative": -1,
        "the year 10000": 253_402_300_800,
        "huge": 10**39,
    }
    rows: dict[str, Row] = {}
    for claim in ("exp", "iat", "nbf"):
        for kind, value in wrong.items():
            rows[f"{claim} {kind}"] = Row(
                lambda signer, claim=claim, value=value: signer.sign(  # type: ignore[misc]
                    json.dumps(signer.header()),
                    json.dumps(signer.claims(**{claim: value})).replace('"NULL"', "null"),
                )
            )
        for literal in ("NaN", "Infinity", "-Infinity", "1e400", "9" * 5000):
            rows[f"{claim} {literal[:9]}"] = Row(
                lambda signer, claim=claim, literal=literal: signer.sign(  # type: ignore[misc]
                    json.dumps(signer.header()),
                    json.dumps(signer.claims(**{claim: "LITERAL"})).replace('"LITERAL"', literal),
                )
            )
    return rows


GOOD: dict[str, Row] = {
    "good": Row(lambda s: s.token(), good=True),
    "typ left out": Row(lambda s: s.token({"typ": None}), good=True),
    "typ in small letters": Row(lambda s: s.token({"typ": "jwt"}), good=True),
    "typ of an access token": Row(lambda s: s.token({"typ": "at+jwt"}), good=True),
    "typ a whole media type": Row(lambda s: s.token({"typ": "application/AT+JWT"}), good=True),
    "another header parameter": Row(lambda s: s.token({"x5t": "abc"}), good=True),
    "several audiences": Row(lambda s: s.token(aud=["other", s.audience]), good=True),
    "times with a fraction": Row(lambda s: s.token(iat=_now(-0.5), exp=_now(600.5)), good=True),
    "nbf now": Row(lambda s: s.token(nbf=_now()), good=True),
    "issued a little in the future": Row(lambda s: s.token(iat=_now(20), nbf=_now(20)), good=True),
    "expired a little while ago": Row(lambda s: s.token(iat=_now(-60), exp=_now(-5)), good=True, connects=False),
    "a subject of 255 letters": Row(lambda s: s.token(sub="ü" * 255), good=True),
    "an unknown scope beside": Row(lambda s: s.token(scope="openid items:read"), good=True),
    "just short enough": Row(lambda s: _of_length(s, LONGEST_TOKEN - 4), good=True),
    "a known claim in other letters": Row(lambda s: s.token(EXP=1), good=True),
}

BAD: dict[str, Row] = {
    # Algorithms
    "alg none": Row(lambda s: _unsigned(s, "none")),
    "alg None": Row(lambda s: _unsigned(s, "None")),
    "alg nOnE with a signature": Row(lambda s: s.token({"alg": "nOnE"})),
    "alg empty": Row(lambda s: s.token({"alg": ""})),
    "alg missing": Row(lambda s: s.token({"alg": None})),
    "alg a list": Row(lambda s: s.token({"alg": ["HS256"]})),
    "alg in small letters": Row(lambda s: s.token({"alg": "hs256"})),
    "alg HS512": Row(lambda s: s.token({"alg": "HS512"})),
    "alg PS256": Row(lambda s: s.token({"alg": "PS256"})),
    "RS256 over an HMAC": Row(lambda s: s.token({"alg": "RS256"})),
    "ES256 over an HMAC": Row(lambda s: s.token({"alg": "ES256"})),
    "HS256 with a public key": Row(lambda s: s.token(key=public_key()), by_key=True),
    # Keys
    "kid missing": Row(lambda s: s.token({"kid": None})),
    "kid a number": Row(lambda s: s.token({"kid": 1})),
    "kid a list": Row(lambda s: s.token({"kid": [s.key_id]})),
    "kid unknown": Row(lambda s: s.token({"kid": "019ab5c4-0000-7000-8000-000000000000"}), by_key=True),
    "kid empty": Row(lambda s: s.token({"kid": ""}), by_key=True),
    "kid a path": Row(lambda s: s.token({"kid": "../../dev/null"}, key=b"\0"), by_key=True),
    "kid a query": Row(lambda s: s.token({"kid": "' OR '1'='1"}), by_key=True),
    "kid with a space": Row(lambda s: s.token({"kid": s.key_id + " "}), by_key=True),
    "a key in the header": Row(
        lambda s: s.token({"jwk": {"kty": "oct", "k": encoded("x" * 40)}}, key=b"x" * 40), by_key=True
    ),
    "a key's URL in the header": Row(
        lambda s: s.token({"kid": "x", "jku": "https://evil.example/jwks"}, key=b"x" * 40), by_key=True
    ),
    "another key": Row(lambda s: s.token(key=b"x" * 40), by_key=True),
    # Header
    "crit": Row(lambda s: s.token({"crit": ["exp"]})),
    "crit empty": Row(lambda s: s.token({"crit": []})),
    "crit b64": Row(lambda s: s.token({"crit": ["b64"], "b64": False})),
    "typ of an ID token for logout": Row(lambda s: s.token({"typ": "logout+jwt"})),
    "typ of a DPoP proof": Row(lambda s: s.token({"typ": "dpop+jwt"})),
    "typ JWS": Row(lambda s: s.token({"typ": "JOSE"})),
    "typ of another media type": Row(lambda s: s.token({"typ": "text/jwt"})),
    "typ empty": Row(lambda s: s.token({"typ": ""})),
    "typ a list": Row(lambda s: s.token({"typ": ["JWT"]})),
    "typ in full-width letters": Row(lambda s: s.token({"typ": "\uff2a\uff37\uff34"})),
    "header parameter twice": Row(lambda s: s.raw(header='"alg": "none", ')),
    "header a list": Row(lambda s: s.sign("[]", json.dumps(s.claims()))),
    "header nested deeply": Row(lambda s: s.sign('{"a":' + "[" * 4000, json.dumps(s.claims()))),
    "header not UTF-8": Row(lambda s: _changed(s, 0, lambda _: encoded(b'{"alg": "\xff"}'))),
    # Audience and issuer
    "aud wrong": Row(lambda s: s.token(aud="other")),
    "aud missing": Row(lambda s: s.token(aud=None)),
    "aud empty": Row(lambda s: s.token(aud=[])),
    "aud a number": Row(lambda s: s.token(aud=1)),
    "aud with a number": Row(lambda s: s.token(aud=[s.audience, 1])),
    "aud an object": Row(lambda s: s.token(aud={s.audience: True})),
    "aud the beginning": Row(lambda s: s.token(aud=s.audience[:-1])),
    "aud in capitals": Row(lambda s: s.token(aud=s.audience.upper())),
    "iss wrong": Row(lambda s: s.token(iss="https://evil.example")),
    "iss missing": Row(lambda s: s.token(iss=None)),
    "iss a list": Row(lambda s: s.token(iss=[s.issuer])),
    "iss with a slash": Row(lambda s: s.token(iss=s.issuer + "/")),
    # Times; those of a wrong type follow below
    "exp missing": Row(lambda s: s.token(exp=None)),
    "expired": Row(lambda s: s.token(iat=_now(-600), exp=_now(-60))),
    "expired beyond leeway": Row(lambda s: s.token(iat=_now(-600), exp=_now(-30))),
    "exp zero": Row(lambda s: s.token(exp=0)),
    "iat missing": Row(lambda s: s.token(iat=None)),
    "issued in the future": Row(lambda s: s.token(iat=_now(3600))),
    "not yet valid": Row(lambda s: s.token(nbf=_now(3600))),
    "not yet valid beyond leeway": Row(lambda s: s.token(nbf=_now(45))),
    # Who, and what for
    "sub missing": Row(lambda s: s.token(sub=None)),
    "sub empty": Row(lambda s: s.token(sub="")),
    "sub blank": Row(lambda s: s.token(sub="  ")),
    "sub a number": Row(lambda s: s.token(sub=1)),
    "sub a list": Row(lambda s: s.token(sub=[SUBJECT])),
    "sub an object": Row(lambda s: s.token(sub={"name": SUBJECT})),
    "sub of too many bytes": Row(lambda s: s.token(sub="\U0001f600" * 255)),
    "sub too long": Row(lambda s: s.token(sub="a" * 256)),
    "sub with a line break": Row(lambda s: s.token(sub="a\nb")),
    "sub with a zero": Row(lambda s: s.token(sub="alice\0")),
    "sub with a zero-width space": Row(lambda s: s.token(sub="alice\u200b")),
    "sub with a bidi override": Row(lambda s: s.token(sub="\u202ealice")),
    "sub half a surrogate pair": Row(lambda s: s.token(sub="\ud800")),
    "scope a list": Row(lambda s: s.token(scope=["items:admin"])),
    "scope a number": Row(lambda s: s.token(scope=1)),
    "scope null": Row(lambda s: s.sign(json.dumps(s.header()), json.dumps(s.claims() | {"scope": None}))),
    "jti a number": Row(lambda s: s.token(jti=1)),
    # Form
    "garbage": Row(lambda _: "garbage"),
    "three parts of garbage": Row(lambda _: "a.b.c"),
    "empty parts": Row(lambda _: ".."),
    "no claims": Row(lambda s: _changed(s, 1, lambda _: "")),
    "no signature": Row(lambda s: _changed(s, 2, lambda _: "")),
    "a dot more": Row(lambda s: s.token() + "."),
    "a dot before": Row(lambda s: "." + s.token()),
    "four parts": Row(lambda s: s.token() + ".e30"),
    "JWE": Row(
        lambda _: ".".join([encoded('{"alg":"dir","enc":"A256GCM"}'), "", *map(encoded, ("iv", "text", "tag"))])
    ),
    "a signature of another token": Row(
        lambda s: _changed(s, 1, lambda _: encoded(json.dumps(s.claims(sub="bob")))), by_key=True
    ),
    "a signature cut short": Row(lambda s: _changed(s, 2, lambda part: part[:-3]), by_key=True),
    "claims padded": Row(lambda s: _changed(s, 1, lambda part: part + "=" * (-len(part) % 4 or 2))),
    "signature padded": Row(lambda s: _changed(s, 2, lambda part: part + "=")),
    "signature in another spelling": Row(lambda s: _changed(s, 2, _respelled)),
    "base64 that is not of URLs": Row(lambda s: _changed(s, 2, lambda part: "+/" + part[2:])),
    "a line break inside": Row(lambda s: _changed(s, 1, lambda part: part[:8] + "\n" + part[8:])),
    "a letter of another script": Row(lambda s: _changed(s, 1, lambda part: part[:-1] + "é")),
    "a length that base64 has not": Row(lambda s: _changed(s, 1, lambda _: "abcde")),
    "claims a list": Row(lambda s: s.sign(json.dumps(s.header()), "[]")),
    "claims text": Row(lambda s: s.sign(json.dumps(s.header()), '"alice"')),
    "claims not JSON": Row(lambda s: s.sign(json.dumps(s.header()), "{")),
    "claims twice": Row(lambda s: s.sign(json.dumps(s.header()), json.dumps(s.claims()) * 2)),
    "a claim twice": Row(lambda s: s.raw(claims='"sub": "bob", ')),
    "a claim twice, spelled otherwise": Row(lambda s: s.raw(claims='"s\\u0075b": "bob", ')),
    "a byte order mark": Row(lambda s: s.sign(json.dumps(s.header()), "\ufeff" + json.dumps(s.claims()))),
    "claims in UTF-16": Row(lambda s: _changed(s, 1, lambda _: encoded(json.dumps(s.claims()).encode("utf-16")))),
    "too long": Row(lambda s: _of_length(s, LONGEST_TOKEN + 4)),
    **_time_claims(),
}

TOKENS: dict[str, Row] = {**GOOD, **BAD}

# What a header `Authorization`, or several, can be; TOKEN stands for a good token. False for those that are refused.
HEADERS: dict[str, tuple[list[str], bool]] = {
    "bearer": (["Bearer TOKEN"], True),
    "bearer in small letters": (["bearer TOKEN"], True),
    "bearer in capitals": (["BEARER TOKEN"], True),
    "bearer in mixed letters": (["bEaReR TOKEN"], True),
    "two spaces": (["Bearer  TOKEN"], True),
    "no scheme": (["TOKEN"], False),
    "the scheme alone": (["Bearer"], False),
    "the scheme and a space": (["Bearer "], False),
    "no space": (["BearerTOKEN"], False),
    "a tab": (["Bearer\tTOKEN"], False),
    "a colon": (["Bearer: TOKEN"], False),
    "another scheme": (["Basic YTpi"], False),
    "a good token under another scheme": (["DPoP TOKEN"], False),
    "the scheme twice": (["Bearer Bearer TOKEN"], False),
    "a token more": (["Bearer TOKEN TOKEN"], False),
    "two in one header": (["Bearer TOKEN, Bearer TOKEN"], False),
    "a parameter": (['Bearer realm="x"'], False),
    "quoted": (['Bearer "TOKEN"'], False),
    "empty": ([""], False),
    "two headers": (["Bearer TOKEN", "Bearer TOKEN"], False),
    "a bad header first": (["Bearer x", "Bearer TOKEN"], False),
    "a bad header last": (["Bearer TOKEN", "Bearer x"], False),
}


def shown(headers: list[str], token: str) -> list[str]:
    """Return the headers with this token in them."""
    return [header.replace("TOKEN", token) for header in headers]


def _respelled(part: str) -> str:
    """Return other letters for the same bytes: two bits of an HMAC's last letter mean nothing."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return part[:-1] + alphabet[alphabet.index(part[-1]) | 1]
