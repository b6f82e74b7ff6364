"""A further source of market data is a class that fits the refresh, with a service and a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import stamina

from portfolios.errors import ReplyError
from portfolios.marketdata.load_market import load_market
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.providers import PROVIDERS, label_of
from portfolios.providers.http.client import Client, Service
from portfolios.providers.http.fields import decimal
from portfolios.providers.provider import Capability, Provider
from portfolios.providers.quota.ledger import Ledger
from portfolios.providers.quota.meter import Meter
from portfolios.providers.quota.quota import CreditPlan
from portfolios.providers.records import Daily, PriceRow
from portfolios.providers.technical.grades import technical_grades
from portfolios.store.database import Database, open_database
from portfolios.store.portfolio_store import Store
from portfolios.values.time import Moment
from rebalancer.usecases.refresh.refresh import refresh
from rebalancer.usecases.refresh.report import Loss, RefreshReport
from tests.standins.hostile import Act, hang_up, playing, reply

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
KIOSK = Provider("kiosk", "The Kiosk", Capability.PRICES)
PLAN = CreditPlan(per_minute=60, monthly=100)


def service(base_url: str) -> Service:
    return Service(KIOSK.name, base_url)


class Kiosk:
    """Prices as one object, asset id -> price; nothing else."""

    name = KIOSK.name

    def __init__(self, client: Client) -> None:
        self._client = client

    def prices(self, asset_ids: Sequence[str], *, currency: str) -> Sequence[PriceRow]:
        body = self._client.get("prices", {"ids": ",".join(asset_ids), "in": currency})
        if not isinstance(body, Mapping):
            raise ReplyError("kiosk sent no prices", provider=KIOSK.name)
        return [PriceRow(asset_id, decimal(price), NOW) for asset_id, price in body.items()]

    def history(self, asset_id: str, *, currency: str, days: int) -> Sequence[Daily]:
        return ()

    def members(self, category: str) -> Sequence[str]:
        return ()


@dataclass
class Installation:
    database: Database
    passed: timedelta = field(default_factory=timedelta)

    def now(self) -> Moment:
        return Moment(NOW + self.passed, 1e6 + self.passed.total_seconds())

    def sleep(self, seconds: float) -> None:
        self.passed += timedelta(seconds=seconds)

    def ledger(self) -> Ledger:
        return Ledger(self.database, {KIOSK.name: PLAN}, clock=self.now, manual=True)

    def refresh(self, act: Act) -> RefreshReport:
        ledger = self.ledger()
        meter = Meter(ledger, KIOSK.name, sleep=self.sleep)
        with playing(act) as server, Client(service(server.url), meter=meter) as client:
            return refresh(
                self.database, prices=Kiosk(client), grades=None, grader=technical_grades,
                ledger=ledger, clock=self.now,
            )  # fmt: skip


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with (
        stamina.set_testing(True, attempts=3),
        open_database(tmp_path / "kiosk.db") as database,
    ):
        held = Portfolio("mine", holdings=(Holding("solana", Decimal(1)),))
        Store(database).save_portfolio(held, at=NOW)
        yield Installation(database)


def test_a_refresh_pulls_its_prices_into_the_market(installation: Installation) -> None:
    report = installation.refresh(reply(b'{"solana": 150.25}'))
    assert report.priced == ("solana",)
    market = load_market(installation.database, now=NOW)
    assert market is not None
    quote = market.quotes["solana"]
    assert (quote.price, quote.source) == (Decimal("150.25"), "kiosk")


def test_its_calls_are_counted_against_its_own_plan(installation: Installation) -> None:
    installation.refresh(reply(b'{"solana": 150.25}'))
    usage = installation.ledger().usage(KIOSK.name)
    assert (usage.used, usage.left) == (1, 99)


@pytest.mark.parametrize(("act", "loss"), [(hang_up, Loss.UNREACHABLE), (reply(b"[]"), Loss.REPLY)])
def test_what_it_does_not_serve_is_reported_under_its_name(
    installation: Installation, act: Act, loss: Loss
) -> None:
    report = installation.refresh(act)
    assert {(each.provider, each.loss) for each in report.degradations} == {("kiosk", loss)}


def test_what_is_no_vendor_goes_by_its_own_name() -> None:
    assert label_of(KIOSK.name) == "kiosk"
    assert {label_of(name) for name in PROVIDERS} == {"CoinGecko", "Token Metrics"}
