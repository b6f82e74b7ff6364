"""Things that have one cause in common, told in one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MOST_NAMED = 3


def by_cause(pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Say each cause once, with all that it concerns, in the order of their first appearance.

    Args:
        pairs: of a name and what is the cause with it.

    >>> by_cause([("BTC", "no price"), ("ETH", "an old price"), ("SOL", "no price")])
    ('BTC, SOL: no price', 'ETH: an old price')
    """
    names: dict[str, list[str]] = {}
    for name, cause in pairs:
        names.setdefault(cause, []).append(name)
    return tuple(f"{named(found)}: {cause}" for cause, found in names.items())


def named(names: Sequence[str]) -> str:
    """Name a few things, and count the others.

    >>> named(["BTC"]), named(["BTC", "ETH", "SOL", "UNI", "AAVE"])
    ('BTC', 'BTC, ETH, SOL and 2 more')
    """
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
