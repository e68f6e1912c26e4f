"""Which characters a text that others are shown may have, and whether anything of it can be seen.

Categories and properties are Unicode's (Unicode Standard, chapter 4; UAX #9 for the directional ones).
"""

from __future__ import annotations

import unicodedata

_BREAKS = "\n\r\t"
# Embeddings, overrides and isolates show text in another order than it is in, and reach beyond it when they are left
# open (UAX #9, section 2; Unicode Technical Report #36, section 2.5). Beside them, deprecated ones that change how
# others are shown. The marks U+200E, U+200F and U+061C reorder nothing but their neighbours, and belong to texts from
# right to left.
_REORDERING = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x2070))))
# Letters, marks and symbols of which nothing is seen. Those of category Cf are so too.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U0001d159\U00016fe4")
# Code points without a character that are to be shown as nothing (DerivedCoreProperties, Default_Ignorable_Code_Point).
_IGNORED = (range(0x2065, 0x2066), range(0xFFF0, 0xFFF9), range(0xE0000, 0xE1000))


def is_harmless(character: str, *, several_lines: bool = False) -> bool:
    """Say whether a character may be in a text: it is no control character, no half of a pair, and reorders nothing.

    Line breaks and tabs may be where a text may have several lines. Characters that join others, or show nothing, may
    be everywhere: emoji, Persian and the scripts of India are written with them.
    """
    if several_lines and character in _BREAKS:
        return True
    kind = unicodedata.category(character)
    # Half of a surrogate pair has no UTF-8 form, so that it could be neither stored nor answered.
    if kind in ("Cc", "Cs") or character in _REORDERING:
        return False
    return several_lines or kind not in ("Zl", "Zp")


def can_be_seen(text: str) -> bool:
    """Say whether a text has a character that shows something by itself."""
    return any(_shows(character) for character in text)


def _shows(character: str) -> bool:
    kind = unicodedata.category(character)
    if kind[0] in "ZM" or kind in ("Cc", "Cf", "Cs") or character in _BLANK:
        return False
    return not any(ord(character) in codes for codes in _IGNORED)
