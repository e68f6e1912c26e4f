"""The rule and the signature check combined, as the engines use them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from localcloud.guard import rule, signatures
from localcloud.guard.request import Refused, Request
from localcloud.guard.rule import Requirement
from localcloud.guard.signatures import Credential, Signature

_OF_THE_ENGINES_OWN = ("x-localstack-data", "x-moto-account-id")


class Emulator(rule.Buckets, Protocol):
    """What the gate needs to know from an engine."""

    def credential(self, key_id: str, region: str) -> Credential | None:
        """Return the credential of a valid key, or `None`."""


@dataclass(frozen=True)
class Admission:
    """A request that the rule allows, provided that its signature is valid.

    Parameters
    ----------
    requirement
        What the rule requires.
    signature
        The signature to verify, if there is one.
    needs_body
        Whether the hash of the body is needed to verify it.
    """

    requirement: Requirement
    signature: Signature | None
    needs_body: bool

    @property
    def keeps_cors_headers(self) -> bool:
        """Whether the response keeps the CORS headers that the application declared; the engine's own are removed."""
        return self.requirement is not Requirement.SIGNED


class Gate:
    """The gate in front of one engine.

    Parameters
    ----------
    port
        The port on which the engine listens.
    emulator
        The engine.
    api_host
        The host names of deployed APIs.
    """

    def __init__(self, port: int, emulator: Emulator, api_host: re.Pattern[str] | None = None) -> None:
        self._port = port
        self._emulator = emulator
        self._api_host = api_host

    def admit(self, request: Request) -> Admission:
        """Decide by the method, target and headers of a request; raise `Refused`."""
        requirement = rule.requirement(request, self._port, self._emulator, self._api_host)
        unsigned = requirement in (Requirement.FORM, Requirement.PREFLIGHT)
        if unsigned or (requirement is Requirement.OPEN and not signatures.attempted(request)):
            return Admission(requirement, None, needs_body=False)
        signature = signatures.read(request)
        if requirement is Requirement.PRESIGNED and signature.service != "s3":
            raise Refused("The signature is not for S3.", "SignatureDoesNotMatch")
        return Admission(requirement, signature, needs_body=signatures.signs_body(request, signature))

    def verify(self, request: Request, admission: Admission, payload: str | None) -> None:
        """Verify the signature, or raise `Refused`. `payload` is the body's SHA-256 where it is needed."""
        internal = False
        if admission.signature:
            internal = signatures.check(request, admission.signature, self._emulator.credential, payload).internal
        if not internal and any(request.all(header) for header in _OF_THE_ENGINES_OWN):
            raise Refused("This header is reserved for the engine.")

    def handshake(self, request: Request) -> None:
        """Decide about a WebSocket handshake; raise `Refused`."""
        rule.handshake(request, self._port, self._api_host)
        if signatures.attempted(request):
            signatures.check(request, signatures.read(request), self._emulator.credential, None)
