"""Our own zip writer: the same members give the same bytes, on any machine, for any user, at any time."""

from __future__ import annotations

import struct
import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# PKWARE, .ZIP File Format Specification (APPNOTE.TXT) 6.3.10, sections 4.3 and 4.4
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_NEEDS = 20
_UNIX = 3 << 8
_UTF8 = 0x800
_STORED, _DEFLATED = 0, 8
# The earliest moment the format can tell: 1980-01-01 00:00
_TIME, _DATE = 0, 1 << 5 | 1


class Member:
    """A file in a zip, compressed when it is made.

    Parameters
    ----------
    name
        Path in the zip, with slashes.
    content
        The file's bytes.
    compress
        From bytes to a raw DEFLATE stream.
    """

    __slots__ = ("crc", "data", "method", "mode", "name", "size")

    def __init__(self, name: str, content: bytes, compress: Callable[[bytes], bytes]) -> None:
        self.name = name
        self.size = len(content)
        self.crc = zlib.crc32(content)
        packed = compress(content) if content else b""
        smaller = len(packed) < len(content)
        self.method, self.data = (_DEFLATED, packed) if smaller else (_STORED, content)
        self.mode = 0o755 if is_shared_object(name) else 0o644


def is_shared_object(name: str) -> bool:
    """Whether a path names a shared object: `.so`, or `.so.` and a version."""
    file = name.rpartition("/")[2]
    return file.endswith(".so") or ".so." in file


def pack(members: list[Member]) -> bytes:
    """Return a zip of the members, sorted by name."""
    body: list[bytes] = []
    directory: list[bytes] = []
    offset = 0
    for member in sorted(members, key=lambda member: member.name.encode()):
        name = member.name.encode()
        common = (_UTF8, member.method, _TIME, _DATE, member.crc, len(member.data), member.size, len(name), 0)
        body += (_LOCAL.pack(b"PK\3\4", _NEEDS, *common), name, member.data)
        attributes = (0o100000 | member.mode) << 16
        directory += (_CENTRAL.pack(b"PK\1\2", _UNIX | _NEEDS, _NEEDS, *common, 0, 0, 0, attributes, offset), name)
        offset += _LOCAL.size + len(name) + len(member.data)
    central = b"".join(directory)
    count = len(members)
    return b"".join([*body, central, _END.pack(b"PK\5\6", 0, 0, count, count, len(central), offset, 0)])
