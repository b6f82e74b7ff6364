"""What may be shown of a text from outside: no control, no invisible letter, no endless word.

Names of coins are chosen by strangers, who may want to hide, reorder or flood what stands around.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_WORD = 60
LONGEST_TEXT = 2_000
_KEPT_INVISIBLE = {"\u200d"}
"""The joiner of emoji sequences, harmless by itself."""
_GAP = re.compile(r"(?:(?!(?<=\d)\u00a0\d)\s)+")
"""Between words; a space that may not break stays between the digits of one number."""


def clean(text: str, *, longest: int = LONGEST_TEXT) -> str:
    r"""Return a text on one line, without what cannot be seen; too long ones are shortened.

    >>> clean("a\u202eb\x00c\n d"), clean("x" * 99)[-3:]
    ('abc d', 'xx…')
    """
    seen = "".join(ch for ch in text[: 4 * longest] if _is_shown(ch))
    words = (_shortened(word, LONGEST_WORD) for word in _GAP.split(seen) if word)
    return _shortened(" ".join(words), longest)


def _is_shown(letter: str) -> bool:
    if letter.isspace() or letter in _KEPT_INVISIBLE:
        return True
    # Control, format (direction overrides, zero width), surrogates, unassigned, private use.
    return not unicodedata.category(letter).startswith("C")


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def units(text: str) -> int:
    """Return the length of a text as Telegram counts it: in UTF-16 units.

    >>> units("a"), units("🔴")
    (1, 2)
    """
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
