"""What may be shown of a text from outside: no control, nothing unseen, no endless word, no link.

Names of coins are chosen by strangers, who may want to hide, reorder or flood what stands around,
or to have a link or a name pressed that stands in a message of ours.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_WORD = 60
LONGEST_TEXT = 2_000
BREAK = "\u2060"
"""Shown as nothing; what it stands in is no link."""
_KEPT_INVISIBLE = {"\u200d", BREAK}
"""The joiner of emoji sequences, harmless by itself, as is the other."""
_PRESSABLE = re.compile(
    r"(?<=:)(?=//)"  # https://...
    r"|(?<=[^\s.][.\u3002\uff0e\uff61])(?=[^\W\d_]{2})"  # a domain, unless it is a limit or file
    r"(?!(?:\w+\.)?(?:max|min)(?![\w.])|(?:csv|html|json|png|toml|txt)(?![\w.]))"  # ours
    r"|(?<=(?<!\w)[@#$])(?=\w*[^\W\d])"  # a name, a tag; an amount is neither
    r"|(?<=[^\w\s/]/)(?=[a-zA-Z])"  # a command behind a sign; ours stand by themselves
)
_GAP = re.compile(r"(?:(?!(?<=\d)\u00a0\d)\s)+")
"""Between words; a space that may not break stays between the digits of one number."""


def clean(text: str, *, longest: int = LONGEST_TEXT) -> str:
    r"""Return a text on one line, without what cannot be seen; too long ones are shortened.

    No address in it can be pressed. Commands can: those of our own texts are meant to be, and
    a provider's texts have none left when they are read.

    >>> clean("a\u202eb\x00c\n d"), clean("x" * 99)[-3:]
    ('abc d', 'xx…')
    >>> clean("https://t.me/x, $1,234.56, core.toml, sector.defi.max").replace(BREAK, "_")
    'https:_//t._me/x, $1,234.56, core.toml, sector.defi.max'
    """
    seen = "".join(ch for ch in text[: 4 * longest] if _is_shown(ch))
    words = (_shortened(word, LONGEST_WORD) for word in _GAP.split(seen) if word)
    return _shortened(_PRESSABLE.sub(BREAK, " ".join(words)), longest)


def _is_shown(letter: str) -> bool:
    if letter.isspace() or letter in _KEPT_INVISIBLE:
        return True
    # Control, format (direction overrides, zero width), surrogates, unassigned, private use.
    return not unicodedata.category(letter).startswith("C")


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def shown_length(text: str) -> int:
    """Return the letters of a cleaned text that take room."""
    return len(text) - text.count(BREAK)


def units(text: str) -> int:
    """Return the length of a text as Telegram counts it: in UTF-16 units.

    >>> units("a"), units("🔴")
    (1, 2)
    """
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
