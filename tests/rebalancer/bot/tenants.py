"""Two households on one installation, each with everything that could betray it to the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from alerts.delivery.outbox import Outbox
from alerts.preferences.store import PreferenceStore
from alerts.render.telegram import plain_parts, telegram_parts
from portfolios.documents.portfolio_toml import to_csv, to_toml
from portfolios.model.portfolio import AlertRule, Holding, Lock, LockKind, Portfolio, StatedPrice
from portfolios.model.users import Person, Role
from portfolios.model.valuation import value_portfolio
from portfolios.store.portfolio_store import Store
from portfolios.store.user_store import PeopleStore
from portfolios.values import display
from rebalancer.bot.reply import Reply
from rebalancer.bot.request import File, Services
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from rebalancer.usecases.proposals.status import offer
from tests.rebalancer.bot.bot_fixture import MARKET, NOW, Bot

GROUP = -500


@dataclass(frozen=True)
class Household:
    """An owner of two portfolios, somebody who looks at one, and what only they may read."""

    word: str
    user: int
    looker: int
    quantity: Decimal
    assets: tuple[str, str]

    @property
    def names(self) -> tuple[str, str]:
        return f"{self.word}-one", f"{self.word}-two"

    @property
    def people(self) -> tuple[Person, Person]:
        owner = Person(
            f"{self.word}owner",
            Role.OWNER,
            addresses={"telegram": str(self.user)},
            portfolios=self.names,
        )
        looker = Person(
            f"{self.word}looker",
            addresses={"telegram": str(self.looker)},
            portfolios=self.names[:1],
        )
        return owner, looker

    def portfolio(self, name: str) -> Portfolio:
        """Return one of the two as it is in the beginning."""
        first, second = self.assets
        private = Holding(
            f"{self.word}-token", self.quantity, kind="security_token",
            symbol=f"{self.word[:3]}tok".upper(), account=f"{self.word} bank",
            stated=StatedPrice(Decimal(17), date(2026, 1, 1)),
            locks=(Lock(LockKind.FROZEN, date(2027, 3, 1), f"{self.word} pledge"),),
        )  # fmt: skip
        held = (Holding(first, self.quantity), Holding(second, self.quantity * 2), private)
        cash = self.quantity * 31
        return Portfolio(
            name, cash=cash, holdings=held, alerts=(AlertRule(f"value > {self.quantity}"),),
            targets={first: Decimal("0.3"), second: Decimal("0.3")},
        )  # fmt: skip


QUARTZ = Household("quartz", 21, 22, Decimal("73.19173"), ("ethereum", "uniswap"))
CORAL = Household("coral", 31, 32, Decimal("41.86241"), ("solana", "aave"))
HOUSES = (QUARTZ, CORAL)
WHOSE = {user: house for house in HOUSES for user in (house.user, house.looker)}


class Houses(Bot):
    """The desk with the two households, an open proposal in each, and an owner of everything."""

    def __init__(self, path: Path) -> None:
        (path / "b.db").write_bytes(_moved_in())
        super().__init__(path)
        self.services = Services(
            ask=lambda _: ("It moves.", 3), health=lambda _: ("all well",), assets=MARKET.index
        )

    def settle(self) -> None:
        """Link again who unlinked himself, and forget that somebody wants no amounts."""
        with self.store() as store, store.database.transaction():
            for house in HOUSES:
                for person in house.people:
                    PeopleStore(store.database).save(person)
            store.database.execute("DELETE FROM preferences")

    def plans(self, house: Household) -> list[str]:
        with self.store() as store:
            return plan_ids(store, house)

    def files(self, house: Household) -> list[File]:
        """Return the exports of a household's portfolios, to be sent in."""
        with self.store() as store:
            kept = [store.load_portfolio(name) for name in house.names]
        return [
            file
            for own in kept
            for file in (
                File(f"{own.name}.toml", to_toml(own).encode()),
                File(f"{own.name}.csv", to_csv(own).encode()),
            )
        ]

    def canaries(self, house: Household) -> set[str]:
        """Return what nobody outside a household may ever read, as it stands now."""
        found = {house.word, house.word[:3].upper() + "TOK"}
        with self.store() as store:
            found |= set(plan_ids(store, house))
            for name in house.names:
                own = store.load_portfolio(name)
                value = value_portfolio(own, MARKET).value
                found |= {display.money(value, "usd"), display.to_the_cent(value, "usd")}
                found |= {display.quantity(h.quantity) for h in own.holdings}
                found |= {display.money(own.cash, "usd")}
        return {text for text in found if len(text) >= 5}

    def outbox(self, person: str) -> Iterator[str]:
        """Yield everything that waits or was sent for somebody."""
        with self.store() as store:
            box = Outbox(store.database)
            for each in box.find(person=person, limit=10_000):
                message = each.message
                yield "\n".join((*telegram_parts(message), *plain_parts(message), message.key))
            for channel in ("telegram", "email"):
                for held in PreferenceStore(store.database).held_back(person, channel):
                    yield "\n".join(telegram_parts(held))


@cache
def _moved_in() -> bytes:
    """Return the file of an installation in which both live; its plans are solved once."""
    with TemporaryDirectory() as folder:
        with Bot(Path(folder)).store() as store:
            shared = (QUARTZ.names[0], CORAL.names[0])
            circle = Person(
                "circle", addresses={"telegram": str(GROUP)}, portfolios=shared, is_group=True
            )
            PeopleStore(store.database).save(circle)
            for house in HOUSES:
                _move_in(store, house)
        return (Path(folder) / "b.db").read_bytes()


def _move_in(store: Store, house: Household) -> None:
    for person in house.people:
        PeopleStore(store.database).save(person)
    for name in house.names:
        own = house.portfolio(name)
        store.save_portfolio(own, at=NOW)
        plan = propose(analyse(own, MARKET)).plan
        store.save_plan(plan, at=NOW)
        offer(store, plan, at=NOW)


def plan_ids(store: Store, house: Household) -> list[str]:
    """Return the ids of all plans of a household's portfolios."""
    sql = "SELECT plan_id FROM plans WHERE portfolio IN (?, ?)"
    return [row["plan_id"] for row in store.database.rows(sql, house.names)]


def everything(reply: Reply | None) -> str:
    """Return all that a reply says or sends, the labels of its buttons and its files too."""
    if reply is None:
        return ""
    told = [reply.notice, *(found for _, found in reply.every_picture())]
    told += [picture.name for picture, _ in reply.every_picture()]
    told += [f"{file.name}\n{file.content.decode()}" for file in reply.files]
    if reply.message is not None:
        told += [*telegram_parts(reply.message), *plain_parts(reply.message)]
        told += [reply.message.portfolio, reply.message.subject]
        told += [f"{b.label}\n{b.payload}" for row in reply.message.buttons for b in row]
    return "\n".join(told)
