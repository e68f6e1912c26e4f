"""The zip writer by itself."""

from __future__ import annotations

import io
import zipfile

from tools.build.archive import Member, pack

NAMES = ["b.py", "a/z.py", "a.py", "Z.py", "ä.py", "a-b.py", "a/__init__.py"]


def test_the_order_in_which_members_come_makes_no_difference() -> None:
    members = [Member(name, name.encode(), bytes) for name in NAMES]
    packed = pack(members)
    assert pack(members[::-1]) == packed
    assert pack(members[3:] + members[:3]) == packed
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.namelist() == sorted(NAMES, key=str.encode)
