"""The build's memory under `.local/cache/build`: finished blobs by key, and a record of the last build.

Everything is written to a temporary name and renamed, and checked against its own SHA-256 when it is read, so a killed
or a second build never leaves or sees half a file.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Raise it when a record has another form, or when a build refuses what an earlier one took
_RECORD = 2
_DIGEST = 64
_KEPT_DAYS = 30


def write_atomically(path: str, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, whole."""
    temporary = f"{path}.{os.getpid()}.{time.monotonic_ns()}.tmp"
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with open(handle, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def _sealed(payload: bytes) -> bytes:
    return hashlib.sha256(payload).hexdigest().encode() + payload


def _unsealed(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return None
    payload = content[_DIGEST:]
    return payload if content[:_DIGEST] == hashlib.sha256(payload).hexdigest().encode() else None


class Store:
    """Finished blobs by key.

    Parameters
    ----------
    folder
        `.local/cache/build` of the checkout.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._record = os.path.join(folder, f"record-{_RECORD}-{sys.implementation.cache_tag}")

    def _path(self, kind: str, key: str) -> str:
        return f"{self.folder}/{kind}/{key[:2]}/{key}"

    def get(self, kind: str, key: str) -> bytes | None:
        """Return a blob, or None when it is absent or damaged."""
        path = self._path(kind, key)
        blob = _unsealed(path)
        if blob is not None:
            try:  # noqa: SIM105 - contextlib takes longer to import than this to run
                os.utime(path)
            except OSError:
                pass  # Removed by another build, or not ours to write; it was read whole
        return blob

    def put(self, kind: str, key: str, blob: bytes) -> None:
        write_atomically(self._path(kind, key), _sealed(blob))

    def load_record(self) -> dict[str, Any]:
        """Return what the last build left to know, or an empty record.

        It is marshalled, for speed, by and for one Python version (the file's name has its tag), and sealed.
        """
        payload = _unsealed(self._record)
        if payload is None:
            return {}
        try:
            record = marshal.loads(payload)  # noqa: S302 (our own file, checked against its digest)
        except (ValueError, EOFError, TypeError):
            return {}
        return record if isinstance(record, dict) else {}

    def save_record(self, record: dict[str, Any]) -> None:
        write_atomically(self._record, _sealed(marshal.dumps(record)))
        self.prune()

    def prune(self) -> None:
        """Once a day, drop what no build has used for a month."""
        stamp = os.path.join(self.folder, "pruned")
        now = time.time()
        try:
            if now - os.stat(stamp).st_mtime < 86400:
                return
        except FileNotFoundError:
            pass
        write_atomically(stamp, b"")
        for folder, _, files in os.walk(self.folder):
            for file in files:
                path = os.path.join(folder, file)
                try:
                    if now - os.stat(path).st_mtime > _KEPT_DAYS * 86400 and file != "lock":
                        os.unlink(path)
                except FileNotFoundError:
                    continue


class Lock:
    """One build at a time changes `build/`; a second one waits.

    Parameters
    ----------
    folder
        Where the lock file is kept.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def __enter__(self) -> Lock:
        import fcntl

        os.makedirs(self._folder, exist_ok=True)
        self._handle = os.open(os.path.join(self._folder, "lock"), os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.waited = False
        except BlockingIOError:
            fcntl.flock(self._handle, fcntl.LOCK_EX)
            self.waited = True
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)
