"""Compiles modules. Run by the target's interpreter, which has nothing but its own standard library.

Framed (name, source) pairs come in on stdin, framed `.pyc` go out on stdout, in order: an empty one for a module that
does not compile. A last frame has the reasons, a line each.
"""

from __future__ import annotations

import _imp
import marshal
import sys

# importlib.util has it too, and takes longer to import than a module takes to compile
from _frozen_importlib_external import MAGIC_NUMBER

# PEP 552: hash-based, and not checked against the source at import. A time stamp would be wrong in a zip dated 1980
_UNCHECKED_HASH = 0b01


def compiled(source: bytes, name: str) -> bytes:
    """Return the `.pyc` of a module, named by its path in the zip.

    Raises
    ------
    SyntaxError, ValueError, RecursionError, MemoryError
        When this Python does not compile it.
    """
    code = compile(source, name, "exec", dont_inherit=True, optimize=0)
    digest = _imp.source_hash(int.from_bytes(MAGIC_NUMBER, "little"), source)
    return MAGIC_NUMBER + _UNCHECKED_HASH.to_bytes(4, "little") + digest + marshal.dumps(code)


def main() -> int:
    stream = sys.stdin.buffer.read()
    position = 0
    parts: list[bytes] = []
    complaints: list[str] = []
    while position < len(stream):
        size = int.from_bytes(stream[position : position + 4], "little")
        parts.append(stream[position + 4 : position + 4 + size])
        position += 4 + size
    for name, source in zip(parts[::2], parts[1::2], strict=True):
        try:
            code = compiled(source, name.decode())
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", None) or 1
            complaints.append(f"{name.decode()}, line {line}: {getattr(error, 'msg', error) or type(error).__name__}")
            code = b""
        sys.stdout.buffer.write(len(code).to_bytes(4, "little") + code)
    text = "\n".join(complaints).encode()
    sys.stdout.buffer.write(len(text).to_bytes(4, "little") + text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
