"""What a refresh believes of one reply for prices, on a market whose truth is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from portfolios.marketdata.load_market import load_market
from portfolios.model.market import Market
from portfolios.store.database import Database, open_database
from tests.rebalancer.usecases.refresh.fake_sources import Installation

QUARTER = timedelta(minutes=15).total_seconds() + 1


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "rebalancer.db") as opened:
        yield opened


@pytest.fixture
def installation(database: Database) -> Installation:
    at = Installation(database)
    at.hold(8)
    at.refresh()
    return at


def market(at: Installation) -> Market:
    found = load_market(at.database, now=at.world.clock.wall)
    assert found is not None
    return found


def prices(at: Installation) -> dict[str, Decimal]:
    return {a: quote.price for a, quote in market(at).quotes.items()}


@pytest.mark.parametrize("has_key", [True, False])
@pytest.mark.parametrize("unit", [0.27, 1.4, 3.0, 3.9])
def test_a_reply_in_another_unit_changes_no_price_and_the_second_source_is_asked(
    installation: Installation, unit: float, has_key: bool
) -> None:
    before = prices(installation)
    installation.has_key = has_key
    installation.world.clock.sleep(QUARTER)
    installation.world.wrong = dict.fromkeys(before, unit)
    report = installation.refresh()
    assert report.quarantined.keys() == before.keys()
    assert prices(installation) == before
    assert installation.tm.calls["second_prices"] == has_key
    installation.world.wrong.clear()
    installation.world.clock.sleep(QUARTER)
    assert installation.refresh().quarantined == {}


def test_a_crash_that_the_second_source_tells_too_is_believed(installation: Installation) -> None:
    installation.world.clock.sleep(QUARTER)
    installation.world.factors = {f"coin-{n}": 0.5 for n in range(8)}
    assert installation.refresh().quarantined == {}
    assert prices(installation)["coin-4"] == Decimal(7)


def test_steps_that_are_small_each_lead_nowhere(installation: Installation) -> None:
    installation.has_key = False
    for n in range(1, 4):
        installation.world.clock.sleep(QUARTER)
        installation.world.wrong["coin-4"] = 1.49**n
        report = installation.refresh()
    assert list(report.quarantined) == ["coin-4"]
    assert prices(installation)["coin-4"] < Decimal(14) * Decimal("1.5")
