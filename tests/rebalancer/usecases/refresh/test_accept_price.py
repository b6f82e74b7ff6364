from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from portfolios.errors import DecisionError, NotFoundError, StoreError
from portfolios.marketdata.load_market import load_market
from portfolios.marketdata.market_store import Acceptance, MarketStore, Refused
from portfolios.marketdata.price_gate import Reading
from portfolios.store.database import open_database
from rebalancer.usecases.refresh.accept_price import accept_price

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
GOOD = Reading(Decimal("0.02"), NOW - timedelta(days=4), "coingecko", market_cap=1e9)
NEW = Reading(Decimal(20), NOW - timedelta(minutes=3), "coingecko")


@pytest.fixture
def market(tmp_path: Path) -> Iterator[MarketStore]:
    with open_database(tmp_path / "rebalancer.db") as database:
        yield MarketStore(database, currency="usd")


def refuse(market: MarketStore, reading: Reading = NEW) -> None:
    market.accept("old-coin", GOOD)
    market.refuse("old-coin", Refused(reading, "1000 times the 0.02", reading))


def test_an_accepted_price_is_the_price_and_the_level_and_is_noted(market: MarketStore) -> None:
    refuse(market)
    done = accept_price(market, "old-coin", by="ann", at=NOW, price=Decimal(20))
    assert done == Acceptance("old-coin", NEW, Decimal("0.02"), "1000 times the 0.02", "ann", NOW)
    assert market.acceptances() == [done]
    assert (market.refused(), market.accepted()) == ({}, {"old-coin": NEW})
    assert market.levels() == {"old-coin": NEW}
    found = load_market(market.database, now=NOW)
    assert found is not None
    assert found.quotes["old-coin"].quarantined == ""
    assert found.bars.close[-1, 0] == 20


def test_a_first_price_may_be_accepted_too(market: MarketStore) -> None:
    market.refuse("new-coin", Refused(NEW, "its unit may be wrong", NEW))
    assert accept_price(market, "new-coin", by="cli", at=NOW).against is None
    assert market.acceptances()[0].against is None


@pytest.mark.parametrize(
    "reading",
    [
        replace(NEW, price=Decimal("NaN")),
        replace(NEW, price=Decimal(0)),
        replace(NEW, at=NOW + timedelta(hours=1)),
    ],
)
def test_what_is_no_price_of_today_cannot_be_accepted(
    market: MarketStore, reading: Reading
) -> None:
    refuse(market, reading)
    with pytest.raises(DecisionError, match="cannot be accepted"):
        accept_price(market, "old-coin", by="cli", at=NOW)
    assert (market.acceptances(), list(market.refused())) == ([], ["old-coin"])


def test_a_price_that_became_another_one_is_not_accepted_unseen(market: MarketStore) -> None:
    refuse(market)
    with pytest.raises(DecisionError, match="another one by now"):
        accept_price(market, "old-coin", by="ann", at=NOW, price=Decimal(19))
    assert market.accepted() == {"old-coin": GOOD}


def test_without_a_doubt_there_is_nothing_to_accept(market: MarketStore) -> None:
    market.accept("old-coin", GOOD)
    with pytest.raises(NotFoundError, match="no price of old-coin is in doubt"):
        accept_price(market, "old-coin", by="cli", at=NOW)


def test_what_was_accepted_is_never_rewritten(market: MarketStore) -> None:
    refuse(market)
    accept_price(market, "old-coin", by="ann", at=NOW)
    for statement in ("UPDATE acceptances SET price = '1'", "DELETE FROM acceptances"):
        with pytest.raises(StoreError), market.database.transaction():
            market.database.execute(statement)
