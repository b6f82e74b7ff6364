"""Six portfolios over months of rounds: three whose proposals are booked, three ignored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from alerts.channels.envelope import Envelope
from alerts.delivery.outbox import Outbox
from alerts.delivery.rate_limit import RateLimiter
from alerts.delivery.sender import deliver
from alerts.messages import Kind
from alerts.migrations import ALERTS
from portfolios.model.decisions import Applied, Verdict
from portfolios.model.insights import Insights
from portfolios.model.market import Market
from portfolios.model.plan import Plan
from portfolios.model.policy import Policy, Signals
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.model.users import Person, Role
from portfolios.store.database import open_database
from portfolios.store.migrations import PORTFOLIOS
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.monitoring.review import as_of_now
from rebalancer.usecases.monitoring.round import RoundInputs, run_round
from rebalancer.usecases.proposals.decide import book, decide
from rebalancer.usecases.proposals.refusals import OPERATOR
from rebalancer.usecases.proposals.status import open_plan
from tests.alerts.delivery.delivery_examples import Clock
from tests.rebalancer.months.prices import Prices

STEP = timedelta(hours=3)
OWNER = Person("ann", Role.OWNER, addresses={"telegram": "4711", "email": "ann@example.org"})
WORTH = Decimal(100_000)
WEIGHTS = {
    "core": {"bitcoin": 40, "ethereum": 30, "chainlink": 10, "cardano": 10},
    "many": {"bitcoin": 15, "ethereum": 15, "binancecoin": 10, "terra-luna": 8, "uniswap": 8,
             "aave": 8, "avalanche-2": 8, "matic-network": 8, "the-sandbox": 6, "litecoin": 6},
    "tilted": {"bitcoin": 35, "ethereum": 25, "stellar": 10, "uniswap": 10, "sushi": 10},
}  # fmt: skip
BOOKED = "-booked"


@dataclass(frozen=True)
class Arrival:
    """A message as it arrived."""

    at: datetime
    channel: str
    envelope: Envelope

    @property
    def kind(self) -> Kind:
        return self.envelope.message.kind

    @property
    def portfolio(self) -> str:
        return self.envelope.message.portfolio


@dataclass
class Letterbox:
    """A channel that keeps what arrives."""

    name: str
    clock: Clock
    arrived: list[Arrival]

    def send(self, envelope: Envelope) -> str:
        self.arrived.append(Arrival(self.clock.now, self.name, envelope))
        return f"m{envelope.delivery}"


@dataclass
class Life:
    """What happened over the months.

    Attributes:
        arrived: every message on every channel.
        plans: told, oldest first, with when.
        worth: portfolio -> moment -> value at the prices of the round.
        failed: what a round could not do.
    """

    arrived: list[Arrival] = field(default_factory=list)
    plans: list[tuple[datetime, Plan]] = field(default_factory=list)
    worth: dict[str, dict[datetime, float]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)


def portfolios(market: Market, names: Iterable[str]) -> Iterator[Portfolio]:
    """Yield each portfolio twice: one will be booked, the other ignored."""
    for name in names:
        weights = WEIGHTS[name]
        holdings = tuple(
            Holding(a, round(WORTH * percent / 100 / market.quotes[a].price, 6))
            for a, percent in sorted(weights.items())
        )
        cash = WORTH * (100 - sum(weights.values())) / 100
        targets = {a: Decimal(p) / 100 for a, p in weights.items()} if name != "many" else None
        policy = Policy(signals=Signals.TILT) if name == "tilted" else Policy()
        for end in (BOOKED, "-ignored"):
            yield Portfolio(f"{name}{end}", cash=cash, holdings=holdings, targets=targets,
                            policy=policy)  # fmt: skip


def live(
    folder: Path, prices: Prices, begin: datetime, days: int, names: Iterable[str] = WEIGHTS
) -> Life:
    """Live through rounds every three hours, and send after each what is due."""
    life, clock, limiter = Life(), Clock(begin), RateLimiter()
    channels = {n: Letterbox(n, clock, life.arrived) for n in ("telegram", "email")}
    with open_database(folder / "months.db", migrations=(PORTFOLIOS, ALERTS)) as database:
        store = Store(database)
        for portfolio in portfolios(prices.market(begin), names):
            store.save_portfolio(portfolio, at=begin)
        for n in range(days * 8):
            clock.now = begin + n * STEP
            market = prices.market(clock.now)
            inputs = RoundInputs(market, Insights(), (OWNER,))
            done = run_round(store, inputs, now=clock.now)
            life.failed += [f"{clock.now}: {name}: {why}" for name, why in done.failed.items()]
            deliver(Outbox(database), channels, now=clock, sleep=clock.sleep, owner="months",
                    limiter=limiter, review=lambda d, now: as_of_now(store, d, now))  # fmt: skip
            _look_back(store, market, market.as_of, life)
    return life


def _look_back(store: Store, market: Market, at: datetime, life: Life) -> None:
    for portfolio in store.list_portfolios():
        held = (h.quantity * market.quotes[h.asset_id].price for h in portfolio.holdings)
        value = sum(held, portfolio.cash)
        life.worth.setdefault(portfolio.name, {})[at] = float(value)
        known = {plan.plan_id for _, plan in life.plans}
        for plan in store.plans(portfolio.name):
            if plan.plan_id not in known:
                life.plans.append((at, plan))
        opened = open_plan(store, portfolio.name, now=at)
        if opened is not None and portfolio.name.endswith(BOOKED):
            later = at + timedelta(hours=1)
            decide(store, opened, Verdict.APPROVE, OPERATOR, people=(OWNER,), at=later,
                   market=market)  # fmt: skip
            booked = book(store, opened, OPERATOR, people=(OWNER,), at=later, market=market)
            assert isinstance(booked, Applied), booked
