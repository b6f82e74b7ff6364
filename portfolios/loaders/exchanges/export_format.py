"""What an export looks like and what its rows do: pure data, one `Format` for each kind of file.

A format names its columns by role. An amount has a role of its own, such as `base`, and its asset
stands under `base_asset`. What a kind of row does is written as a rule, `+base -quote -fee`:

    +base    adds the size of the amount, whatever its sign
    -base    takes it away
    =base    adds the amount as it is signed in the file
    ~fee     takes away the amount as it is signed in the file
    +base?   the amount may be absent (a fee always may)

An empty rule changes nothing: a move inside the account. A rule `!reason` refuses the row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

FEE = "fee"
_TERM = re.compile(r"([+\-=~])([a-z]+)(\??)")


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a rule: which amount, how its sign is meant, and whether it may be absent."""

    sign: str
    leg: str
    is_optional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One kind of export.

    Attributes:
        tool: who writes it; the account of its rows where they name none.
        what: which of its exports.
        columns: role -> header names, `|` between synonyms, the first that is filled counts. `*`
            stands for any text, `>role` for the column right of another one, `=TEXT` for text.
        needs: roles without which a header is not recognised, separated by spaces.
        kinds: kind of row, `*` allowed -> rule; the first that fits counts.
        kind_from: roles whose cells make the kind, joined by `/`.
        otherwise: the rule for other kinds, of which a note is made; None where they are refused.
        row_id: the role of an id that no two rows share; empty where there is none.
        patterns: leg -> role and pattern (groups `amount`, `asset`), for amounts inside a text.
        codes: what only this tool calls an asset -> its usual symbol; empty for what is no asset.
        has_money: money is booked as completely as coins, so that its sum is what is there.
        is_snapshot: rows are balances, and the newest moment counts.
        note: what a reader should know of balances from such a file.
        instead: not read; what to export instead.
    """

    tool: str
    what: str
    columns: Mapping[str, str]
    needs: str
    kinds: Mapping[str, str] = field(default_factory=dict)
    kind_from: tuple[str, ...] = ("kind",)
    otherwise: str | None = None
    row_id: str = ""
    patterns: Mapping[str, tuple[str, re.Pattern[str]]] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)
    has_money: bool = True
    is_snapshot: bool = False
    note: str = ""
    instead: str = ""

    def __str__(self) -> str:
        """Name it as messages do."""
        return f"{self.tool} {self.what}"


@lru_cache(maxsize=512)
def terms(rule: str) -> tuple[Term, ...]:
    """Read a rule.

    >>> terms("+base -fee")
    (Term(sign='+', leg='base', is_optional=False), Term(sign='-', leg='fee', is_optional=True))

    Raises:
        ValueError: it is none.
    """
    found = [_TERM.fullmatch(word) for word in rule.split()]
    if None in found:
        raise ValueError(f"{rule} is not a rule")
    return tuple(Term(m[1], m[2], bool(m[3]) or m[2] == FEE) for m in found if m is not None)


def same(kinds: str, rule: str) -> dict[str, str]:
    """Return a table in which several kinds, `|` between them, have one rule."""
    return dict.fromkeys((kind.strip() for kind in kinds.split("|")), rule)
