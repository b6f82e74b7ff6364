"""What a command is given, and whose eyes it has: the person's own portfolios and no others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from portfolios.errors import NotFoundError, UsageError
from portfolios.marketdata.index_targets import with_targets
from portfolios.model.assets import AssetIndex
from portfolios.model.insights import Insights
from portfolios.model.market import Market
from portfolios.model.portfolio import Portfolio
from portfolios.model.users import Person
from portfolios.store.portfolio_store import Store
from portfolios.values import display

MOST_NAMES = 12
"""Portfolios that a refusal names."""


class WhichError(UsageError):
    """It takes one portfolio, and nobody said which.

    Attributes:
        names: of those it could be.
    """

    def __init__(self, text: str, names: tuple[str, ...]) -> None:
        super().__init__(text, hint=f"yours: {display.few(names, MOST_NAMES)}")
        self.names = names


@dataclass(frozen=True, slots=True)
class File:
    """A file, coming in or going out."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Services:
    """What some commands need beyond the database; None where the installation has it not.

    Attributes:
        ask: puts a question to the provider's assistant; costs a credit. Returns its answer, and
            the credits that are left, None where there is no limit.
        health: lines about the service itself.
        assets: returns everything that can be named in a portfolio's file.
        currency: in which prices are pulled.
    """

    ask: Callable[[str], tuple[str, int | None]] | None = None
    health: Callable[[Store], Sequence[str]] | None = None
    assets: Callable[[], AssetIndex] | None = None
    currency: str = "usd"


@dataclass(frozen=True, slots=True)
class Request:
    """One command of one person.

    Attributes:
        command: its name.
        words: what stands behind it.
        store: of everything; the person sees it only through the methods here.
        load_market: returns the newest market known; None while nothing was pulled.
        now: the moment.
        people: everybody, to tell them what concerns them.
        number: of the update that asks, by which its repetition is known.
        look_again: returns who asks with the rights of that moment.
        file: the one that came with the command, if any.
        is_group: others read the answer as well.
    """

    person: Person
    command: str
    words: tuple[str, ...]
    store: Store
    load_market: Callable[[], Market | None]
    load_insights: Callable[[], Insights]
    now: datetime
    people: tuple[Person, ...] = ()
    number: int = 0
    look_again: Callable[[], Person] | None = None
    file: File | None = None
    is_group: bool = False
    services: Services = field(default_factory=Services)

    def anew(self) -> Request:
        """Return the same with the rights of this moment: for the unit that writes something."""
        return self if self.look_again is None else replace(self, person=self.look_again())

    @property
    def options(self) -> Mapping[str, str]:
        """The words of the form `key=value`."""
        pairs = (word.partition("=") for word in self.words)
        return {key: value for key, equals, value in pairs if equals}

    @property
    def names(self) -> tuple[str, ...]:
        """The other words."""
        return tuple(word for word in self.words if "=" not in word)

    def portfolios(self) -> tuple[Portfolio, ...]:
        """Return the portfolios that the person may see, as they are kept.

        One that follows an index has no targets here: `followed` knows them, and fails for that
        portfolio alone where nothing is known of its index.
        """
        return tuple(p for p in self.store.list_portfolios() if self.person.may_see(p.name))

    def followed(self, own: Portfolio) -> Portfolio:
        """Return a portfolio with the targets of the index it follows; any other as it is.

        Raises:
            StaleDataError: when the index was never fetched.
        """
        return with_targets(own, self.store.database)

    def about(self) -> tuple[Portfolio, tuple[str, ...]]:
        """Return the portfolio that the words begin with, or the only one; and the words after it.

        Raises:
            WhichError: when they see several and name none.
            NotFoundError: when they see none.
            StaleDataError: when it follows an index of which nothing is known yet.
        """
        seen = {portfolio.name: portfolio for portfolio in self.portfolios()}
        for length in range(len(self.names), 0, -1):
            if (named := " ".join(self.names[:length])) in seen:
                return self.followed(seen[named]), self.names[length:]
        if len(seen) == 1:
            return self.followed(next(iter(seen.values()))), self.names
        if not seen:
            raise NotFoundError(
                "you see no portfolio yet", hint="the owner adds one, or gives you one"
            )
        raise WhichError("say which portfolio you mean", tuple(seen))

    def portfolio(self) -> Portfolio:
        """Return the portfolio that the words name, or the only one where they name none.

        Raises:
            NotFoundError: when they see none of that name.
            WhichError: when they see several and name none.
            StaleDataError: when it follows an index of which nothing is known yet.
        """
        seen = self.portfolios()
        if not self.names or not seen:
            return self.about()[0]
        named = [p for p in seen if p.name == " ".join(self.names)]
        if not named:
            names = display.few([p.name for p in seen], MOST_NAMES)
            raise NotFoundError("there is no such portfolio here", hint=f"yours: {names}")
        return self.followed(named[0])

    def market(self) -> Market:
        """Return the market.

        Raises:
            NotFoundError: while nothing was pulled.
        """
        known = self.load_market()
        if known is None:
            raise NotFoundError(
                "no prices were pulled yet", hint="the owner runs `rebalancer refresh`"
            )
        return known
