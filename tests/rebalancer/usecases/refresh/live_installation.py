"""One installation served by the stand-ins over HTTP, all on one made-up clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from portfolios.marketdata.load_market import load_market
from portfolios.model.market import Market
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.providers.coingecko import source as coingecko
from portfolios.providers.coingecko.source import CoinGecko
from portfolios.providers.http.client import Client, Service
from portfolios.providers.quota.ledger import Ledger
from portfolios.providers.quota.meter import Meter
from portfolios.providers.quota.quota import CreditPlan
from portfolios.providers.technical.grades import technical_grades
from portfolios.providers.tokenmetrics import source
from portfolios.providers.tokenmetrics.source import TokenMetrics
from portfolios.store.database import Database, open_database
from portfolios.store.portfolio_store import Store
from portfolios.values.time import Moment
from rebalancer.usecases.refresh.refresh import refresh
from rebalancer.usecases.refresh.report import RefreshReport
from tests.standins.server import CG, TM, Standin
from tests.standins.world import World

KEY = "tm-canary-3f2a"
GECKO_KEY = "CG-canary-77aa"


@dataclass
class LiveInstallation:
    """Refreshes through the real clients; waiting moves the clock."""

    standin: Standin
    database: Database
    version: str = "v2"
    plan: str = "keyless"
    header: str = "x-api-key"
    has_key: bool = True
    plans: dict[str, CreditPlan] = field(default_factory=dict)
    steady: float = 1e6
    deadline: float = 10.0

    @property
    def world(self) -> World:
        return self.standin.world

    def hold(self, coin_ids: Sequence[str], *, users: int = 1) -> None:
        held = tuple(Holding(coin_id, Decimal(1)) for coin_id in sorted(coin_ids))
        store = Store(self.database)
        with self.database.transaction():
            for user in range(users):
                store.save_portfolio(Portfolio(f"p{user}", holdings=held), at=self.world.now)

    def moment(self) -> Moment:
        return Moment(self.world.now, self.steady)

    def sleep(self, seconds: float) -> None:
        self.standin.advance(seconds=seconds)
        self.steady += seconds

    def ledger(self, *, manual: bool = False) -> Ledger:
        free = CreditPlan(1_000_000)
        plans = {CG: free, TM: free} | self.plans
        return Ledger(self.database, plans, clock=self.moment, manual=manual)

    @contextmanager
    def sources(self, ledger: Ledger) -> Iterator[tuple[CoinGecko, TokenMetrics]]:
        with ExitStack() as stack:

            def client(service: Service) -> Client:
                meter = Meter(ledger, service.provider, sleep=self.sleep)
                return stack.enter_context(Client(service, meter=meter, deadline=self.deadline))

            key = "" if self.plan == "keyless" else GECKO_KEY
            prices = coingecko.service(f"{self.standin.root}/api/v3", plan=self.plan, key=key)
            grades = source.service(
                self.standin.root, version=self.version, key=KEY, header=self.header
            )
            yield (
                CoinGecko(client(prices)),
                TokenMetrics(client(grades), version=self.version, clock=self.moment),
            )

    def refresh(self, *, manual: bool = False) -> RefreshReport:
        ledger = self.ledger(manual=manual)
        with self.sources(ledger) as (prices, grades):
            return refresh(
                self.database,
                prices=prices,
                coins=prices,
                grades=grades if self.has_key else None,
                insights=grades if self.has_key else None,
                grader=technical_grades,
                ledger=ledger,
                clock=self.moment,
            )

    def count_bad(self) -> int:
        """How many questions were not as the providers document them."""
        return sum(call.status in (400, 422) for call in self.standin.calls)

    def market(self) -> Market:
        market = load_market(self.database, now=self.world.now)
        assert market is not None
        return market

    def next_day(self) -> None:
        self.sleep(timedelta(days=1).total_seconds())


@contextmanager
def installation(path: Path, standin: Standin, **details: object) -> Iterator[LiveInstallation]:
    """Open an installation for a block."""
    with standin, open_database(path / "live.db") as database:
        yield LiveInstallation(standin, database, **details)  # type: ignore[arg-type]
