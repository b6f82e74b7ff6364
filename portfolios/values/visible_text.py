"""Names that are what they look like: the one rule for every name and line that a person types.

Two names that differ only in invisible letters, or in the kind of space between two words, would
be two portfolios that a reader cannot tell apart.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

_STYLE = re.compile("[\ufe0e\ufe0f]")
"""Ask for an emoji in colour or not; without them it is the same sign."""
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0d\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)
"""Letters and marks that show nothing, although their category says that they would."""


def visible(text: str, *, lines: bool = False) -> str:
    r"""Return text in one spelling, without space around it; runs of spaces become one.

    >>> visible(" my\u00a0 coins "), visible("e\u0301") == "é"
    ('my coins', True)

    Args:
        text: as typed.
        lines: several lines, which are kept as they are.

    Raises:
        ValueError: naming the first character that cannot be seen.
    """
    plain = _STYLE.sub("", unicodedata.normalize("NFC", text.strip()))
    allowed = "\n\t" if lines else ""
    if (hidden := next((ch for ch in plain if _is_hidden(ch) and ch not in allowed), None)) is None:
        return plain if lines else " ".join(plain.split())
    is_control = unicodedata.category(hidden) in {"Cc", "Cs", "Zl", "Zp"}
    what = "control" if is_control else "invisible"
    raise ValueError(f"has the {what} character U+{ord(hidden):04X}")


def _is_hidden(ch: str) -> bool:
    """Tell whether a character shows nothing: control, format, private, or blank."""
    hidden = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    return unicodedata.category(ch) in hidden or _BLANK.match(ch) is not None


def file_stem(name: str) -> str:
    """Return the start of a file name for something named; different names give different ones.

    >>> file_stem("core"), file_stem("a/b")
    ('core', 'a-b-c14cddc0')
    """
    plain = re.sub(r"[^a-z0-9_-]+", "-", name.lower())[:60]
    if plain == name and not re.search(r"-[0-9a-f]{8}$", name):
        return name
    return f"{plain}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
