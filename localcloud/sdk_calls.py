"""Recognize the calls of an SDK: the caller, the operation, the attempt, and whether it only reads."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass

from localcloud.kept_answers import LARGEST_REQUEST, Key

INVOCATION = b"amz-sdk-invocation-id"
"""The header that is the same in every attempt of a call, and different in every other call."""

_READS = rb"(BatchGet|Describe|Filter|Get|Head|List|Lookup|Query|Scan|Search|Select|Simulate)"
_TARGET_READS = re.compile(rb"[\w.]*\." + _READS)
_FORM_READS = re.compile(rb"(?:^|&)Action=" + _READS)
_ACCESS_KEY = re.compile(rb"Credential=([^/%,\s]+)")
_ATTEMPT = re.compile(rb"attempt=(\d+)")

_log = logging.getLogger("repeated-calls")


@dataclass(frozen=True)
class Call:
    """One attempt of a call.

    Parameters
    ----------
    name
        The operation, or the path where the path names it.
    number
        The number of the attempt, from 1.
    reads
        Whether it only reads, as far as the headers tell.
    is_form
        Whether its body names the operation.
    fits
        Whether its body has a length, and is short enough to be held in memory.
    key
        What its attempts have in common, except the body.
    """

    name: str
    number: int
    reads: bool
    is_form: bool
    fits: bool
    key: Key

    @classmethod
    def of(cls, method: str, path: bytes, query: bytes, sent: Iterable[tuple[bytes, bytes]]) -> Call | None:
        """Return the call of a request, or `None` when no SDK sent it; header names are in lower case."""
        headers = dict(sent)
        if INVOCATION not in headers:
            return None
        name = headers.get(b"x-amz-target") or path
        number = _ATTEMPT.search(headers.get(b"amz-sdk-request", b""))
        length = headers.get(b"content-length", b"0")
        key = _ACCESS_KEY.search(headers.get(b"authorization", b"")) or _ACCESS_KEY.search(query)
        parts = (key[1] if key else b"", headers[INVOCATION], method.encode(), path, query)
        return cls(
            name=f"{method} {name.decode('latin-1')}",
            number=int(number[1]) if number else 1,
            reads=method in ("GET", "HEAD") or bool(_TARGET_READS.match(name)),
            is_form=headers.get(b"content-type", b"").startswith(b"application/x-www-form-urlencoded"),
            fits=length.isdigit() and int(length) <= LARGEST_REQUEST and b"transfer-encoding" not in headers,
            key=tuple(part.decode("latin-1") for part in parts),
        )

    def reads_by(self, body: bytes) -> bool:
        """Return whether the body, or a part of it, names an operation that only reads."""
        return self.is_form and bool(_FORM_READS.search(body))

    def log(self, message: str) -> None:
        """Write a line about it to the log."""
        _log.info("Attempt %s of %s (%s): %s", self.number, self.name, self.key[1], message)
