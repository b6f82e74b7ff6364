"""Streams many portfolios, a batch at a time, so that memory does not grow with their number."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from portfolios.errors import UsageError
from portfolios.model.portfolio import Portfolio
from portfolios.store.portfolio_store import Store

SIZE = 8
"""Portfolios of a batch: enough that handing it over costs little, few enough to lose."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One of so many parts of all portfolios; each name is in exactly one, on any machine."""

    number: int = 1
    of: int = 1

    def holds(self, name: str) -> bool:
        """Tell whether a portfolio belongs to this part."""
        digest = hashlib.sha256(name.encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.of == self.number - 1


def shard_of(text: str) -> Shard:
    """Read `2/5`, the second of five parts.

    Raises:
        UsageError: it is none.
    """
    number, _, of = text.partition("/")
    if number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of):
        return Shard(int(number), int(of))
    raise UsageError(f"--shard {text} is no part", hint="e.g. --shard 2/5, the second of five")


def every_portfolio(store: Store, shard: Shard, size: int = SIZE) -> Iterator[list[Portfolio]]:
    """Yield all kept portfolios of a part, by name, in batches."""
    last = ""
    while found := store.portfolios_after(last, size):
        last = found[-1].name
        if mine := [portfolio for portfolio in found if shard.holds(portfolio.name)]:
            yield mine


def named(
    store: Store,
    names: Iterable[str],
    shard: Shard,
    *,
    missing: Callable[[str], None],
    size: int = SIZE,
) -> Iterator[list[Portfolio]]:
    """Yield the portfolios of some names, in their order, in batches.

    Args:
        store: that keeps them.
        names: one a portfolio; blanks around them do not count, and empty ones are left out.
        shard: those of which part.
        missing: is told each name that no portfolio bears.
        size: of a batch.
    """
    wanted = (name for line in names if (name := line.strip()) and shard.holds(name))
    while some := list(islice(wanted, size)):
        found = {name: store.find_portfolio(name) for name in some}
        for name in (name for name, portfolio in found.items() if portfolio is None):
            missing(name)
        if batch := [portfolio for portfolio in found.values() if portfolio is not None]:
            yield batch
