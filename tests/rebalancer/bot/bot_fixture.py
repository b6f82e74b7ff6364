"""One installation of the bot without a network, and people who write to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

from alerts.messages import Message
from alerts.migrations import ALERTS
from alerts.render.telegram import telegram_parts
from portfolios.model.decisions import Verdict
from portfolios.model.insights import Insights
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.model.users import Person, Role
from portfolios.providers.sample.market import sample_market
from portfolios.store.database import open_database
from portfolios.store.migrations import PORTFOLIOS
from portfolios.store.portfolio_store import Store
from portfolios.store.user_store import PeopleStore
from rebalancer.bot.access import Incoming
from rebalancer.bot.dispatcher import Dispatcher
from rebalancer.bot.reply import Reply
from rebalancer.bot.request import Services

MARKET = sample_market()
NOW = MARKET.as_of + timedelta(minutes=5)
OWNER, VIEWER, STRANGER = 7, 8, 9
CANARY = "canary-of-the-owner"


class Bot:
    """Ann owns everything, Bob looks at what is shared, and anybody may write."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.numbers = count(1)
        self.market = MARKET
        self.now = NOW
        self.services = Services()
        with self.store() as store:
            people = PeopleStore(store.database)
            people.save(Person("ann", Role.OWNER, addresses={"telegram": str(OWNER)}))
            people.save(
                Person(
                    "bob", Role.VIEWER, addresses={"telegram": str(VIEWER)}, portfolios=("shared",)
                )
            )
            held = (Holding("bitcoin", Decimal(2)), Holding("uniswap", Decimal(900)))
            for name in (CANARY, "shared"):
                targets = {"bitcoin": Decimal("0.5"), "uniswap": Decimal("0.2")}
                mine = Portfolio(name, cash=Decimal(900), holdings=held, targets=targets)
                store.save_portfolio(mine, at=NOW)

    @contextmanager
    def store(self) -> Iterator[Store]:
        with open_database(self.path / "b.db", migrations=(PORTFOLIOS, ALERTS)) as database:
            yield Store(database)

    @property
    def dispatcher(self) -> Dispatcher:
        return Dispatcher(
            open_store=self.store,
            people=lambda store: PeopleStore(store.database).everybody(),
            market=lambda: self.market,
            insights=Insights,
            now=lambda: self.now,
            services=self.services,
        )

    def say(self, text: str, user: int = OWNER, **more: object) -> str:
        return text_of(self.dispatcher.answer(self.heard(text, user, **more)))

    def heard(self, text: str, user: int, **more: object) -> Incoming:
        plain = {"number": next(self.numbers), "chat": user, "is_private": True}
        return Incoming(user=user, text=text, **(plain | more))  # type: ignore[arg-type]

    def press(self, data: str, user: int = OWNER, **more: object) -> Reply:
        return self.dispatcher.press(self.heard(data, user, **more))

    def ask_proposal(self, name: str = CANARY) -> Message:
        answer = self.dispatcher.answer(self.heard(f"/rebalance {name}", OWNER))
        assert answer is not None
        assert answer.message is not None
        return answer.message

    def confirmation(self, plan_id: str) -> str:
        """Press Approve and return what the button of the second step says."""
        asked = self.press(f"ok:{plan_id}")
        assert asked.message is not None, asked.notice
        return asked.message.buttons[0][0].payload

    def verdicts(self, plan_id: str) -> list[Verdict]:
        with self.store() as store:
            return [ruling.verdict for ruling in store.decisions(plan_id)]


def text_of(reply: Reply | None) -> str:
    """Return everything that a reply says."""
    if reply is None:
        return ""
    parts = telegram_parts(reply.message) if reply.message else ()
    findings = (finding for _, finding in reply.every_picture())
    return "\n".join((*parts, *findings, reply.notice)).strip()


def plan_of(message: Message) -> str:
    return message.buttons[0][0].payload.partition(":")[2]
