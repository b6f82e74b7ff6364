"""What a command is given, and what makes one: its name, who may use it, what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from alerts.messages import Block, Kind, Message, Style
from portfolios.errors import NotFoundError, UsageError
from portfolios.holdings import Portfolio
from portfolios.market import Market
from portfolios.marketdata.following import with_targets
from portfolios.marketdata.insights import Insights
from portfolios.people import Person
from portfolios.plans import Zone
from portfolios.store import Store


@dataclass(frozen=True, slots=True)
class Ask:
    """One command of one person.

    Attributes:
        words: what stands behind the command.
        store: of everything; the person sees it only through the methods here.
        market: the newest known; None while nothing was pulled.
        now: the moment.
    """

    person: Person
    words: tuple[str, ...]
    store: Store
    market: Market | None
    insights: Insights
    now: datetime

    def portfolios(self) -> tuple[Portfolio, ...]:
        """Return the portfolios that the person may see."""
        every = (p for p in self.store.list_portfolios() if self.person.may_see(p.name))
        return tuple(with_targets(p, self.store.database) for p in every)

    def portfolio(self, name: str = "") -> Portfolio:
        """Return the portfolio of a name, or the only one there is.

        Raises:
            NotFoundError: when he sees none of that name.
            UsageError: when he sees several and names none.
        """
        seen = self.portfolios()
        named = [p for p in seen if p.name == name] if name else list(seen)
        if len(named) == 1:
            return named[0]
        names = ", ".join(p.name for p in seen) or "none"
        if not named:
            raise NotFoundError("there is no such portfolio here", hint=f"yours: {names}")
        raise UsageError("say which portfolio you mean", hint=f"yours: {names}")

    def known_market(self) -> Market:
        """Return the market.

        Raises:
            NotFoundError: while nothing was pulled.
        """
        if self.market is None:
            raise NotFoundError(
                "no prices were pulled yet", hint="the owner runs `rebalancer refresh`"
            )
        return self.market


Answer = Callable[[Ask], Message]


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the bot."""

    name: str
    help: str
    role: str
    answer: Answer


def said(
    ask: Ask, headline: str, *blocks: Block, zone: Zone | None = None, note: str = ""
) -> Message:
    """Return an answer; a note comes last, in small letters."""
    notes = (Block(Style.NOTE, note),) if note else ()
    return Message(
        kind=Kind.ANSWER,
        key="answer",
        headline=headline,
        as_of=ask.now,
        zone=zone,
        blocks=(*blocks, *notes),
    )


def lines(*items: str) -> Block:
    """Return a list of lines."""
    return Block(Style.BULLETS, items=items)
