"""The files below `build/`: written atomically, and known to be whole without being read each time."""

from __future__ import annotations

import hashlib
import os
import time

from tools.build.sources import read
from tools.build.store import write_atomically

TYPE_CHECKING = False
if TYPE_CHECKING:
    Stamp = tuple[str, int, int, int, int]

# A change within the file system's tick after a look would leave no trace in a stamp, so a younger file has none
_SETTLED_NS = 2_000_000_000

MANIFEST = "build/manifest.json"


class Outputs:
    """Finished files of a checkout.

    Parameters
    ----------
    stamps
        File to its SHA-256 and the status that it had when that was last found out. The change time is in it, which no
        program can set, so an equal stamp means equal content; any other is settled by hashing.
    """

    def __init__(self, root: str, stamps: dict[str, Stamp]) -> None:
        self.root = root
        self._earlier = stamps
        self.stamps: dict[str, Stamp] = {}
        self._seen: dict[str, str] = {}

    def holds(self, file: str, sha256: str) -> bool:
        """Whether a file has this content; within one build each file is looked at once."""
        if self._seen.get(file) == sha256:
            return True
        try:
            status = os.stat(f"{self.root}/{file}")
        except OSError:
            return False
        stamp = (sha256, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        if self._earlier.get(file) != stamp:
            content = read(self.root, file)
            if content is None or hashlib.sha256(content).hexdigest() != sha256:
                return False
            self._seen[file] = sha256
            if time.time_ns() - status.st_ctime_ns < _SETTLED_NS:
                return True
        self.stamps[file] = stamp
        return True

    @property
    def learnt(self) -> bool:
        """Whether the stamps differ from those of the last build."""
        return self.stamps != self._earlier

    def write(self, file: str, content: bytes) -> None:
        write_atomically(f"{self.root}/{file}", content)
        self.stamps.pop(file, None)
        self._seen.pop(file, None)

    def keep_only(self, files: set[str]) -> None:
        """Remove every other file, such as the zip of a function that is gone."""
        for folder in ("build/functions", "build/layers"):
            for name in os.listdir(f"{self.root}/{folder}") if os.path.isdir(f"{self.root}/{folder}") else []:
                if f"{folder}/{name}" not in files:
                    os.unlink(f"{self.root}/{folder}/{name}")


def digest(content: bytes) -> str:
    """Return the SHA-256 of a content, in hex."""
    return hashlib.sha256(content).hexdigest()
