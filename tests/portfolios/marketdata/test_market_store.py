from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portfolios.errors import StoreError
from portfolios.marketdata.asset_matching import Pair
from portfolios.marketdata.bar_series import BarSeries
from portfolios.marketdata.grade_store import GradeStore, Score
from portfolios.marketdata.load_market import load_market
from portfolios.marketdata.market_store import MarketStore, Refused
from portfolios.marketdata.price_gate import Reading
from portfolios.marketdata.sector_choice import SectorChoice
from portfolios.marketdata.trend_turns import Trend
from portfolios.model.assets import Asset, AssetKind
from portfolios.model.market import Grade
from portfolios.store.database import Database, open_database

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
BTC = Asset("bitcoin", "BTC", "Bitcoin", "layer1", rank=1, market_cap=1.8e12)
USDC = Asset("usd-coin", "USDC", "USDC", "stablecoin", kind=AssetKind.STABLE, peg="usd")
SEEN = Reading(Decimal("91234.5600"), NOW - timedelta(hours=1), "coingecko", market_cap=1.8e12)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "rebalancer.db") as opened:
        yield opened


@pytest.fixture
def store(database: Database) -> MarketStore:
    return MarketStore(database, currency="usd")


def series(length: int = 400, seed: int = 1) -> BarSeries:
    close = np.exp(np.random.default_rng(seed).normal(0, 0.05, length).cumsum())
    close[3] = np.nan
    last = datetime(2026, 11, 22, tzinfo=UTC)
    return BarSeries(last.date() - timedelta(days=length), close, close * 1e6, last)


def test_what_was_saved_is_loaded_as_one_market(store: MarketStore, database: Database) -> None:
    store.save_assets([USDC, BTC], at=NOW)
    store.accept("bitcoin", SEEN)
    own = series()
    store.save_series({"bitcoin": own})
    market = load_market(database, now=NOW)
    assert market is not None
    assert dict(market.assets) == {"bitcoin": BTC, "usd-coin": USDC}
    quote = market.quotes["bitcoin"]
    assert (quote.price, quote.at, quote.quarantined) == (SEEN.price, SEEN.at, "")
    np.testing.assert_array_equal(market.bars.close[:, 0], own.close)
    assert market.bars.days[-1] == date(2026, 11, 21)


def test_nothing_stored_is_no_market(database: Database) -> None:
    assert load_market(database, now=NOW) is None


def test_a_refused_price_stands_beside_the_last_good_one(
    store: MarketStore, database: Database
) -> None:
    store.accept("bitcoin", SEEN)
    bad = replace(SEEN, price=Decimal("-1"), at=NOW)
    store.refuse("bitcoin", Refused(bad, "coingecko says -1, which is no price", bad))
    market = load_market(database, now=NOW)
    assert market is not None
    quote = market.quotes["bitcoin"]
    assert (quote.price, quote.at) == (SEEN.price, SEEN.at)
    assert quote.quarantined == "coingecko says -1, which is no price"
    assert store.refused()["bitcoin"].reading.price == Decimal(-1)
    denied = Refused(bad, "denied", bad, Reading(Decimal("91200.5"), NOW, "tokenmetrics"))
    store.refuse("bitcoin", denied)
    assert store.refused()["bitcoin"].denial == denied.denial
    store.accept("bitcoin", replace(SEEN, at=NOW))
    assert store.refused() == {}


def test_a_first_price_in_doubt_is_shown_with_its_reason(
    store: MarketStore, database: Database
) -> None:
    nan = replace(SEEN, price=Decimal("NaN"))
    store.refuse("bitcoin", Refused(SEEN, "in doubt", SEEN))
    store.refuse("nonsense", Refused(nan, "no price", nan))
    market = load_market(database, now=NOW)
    assert market is not None
    assert market.quotes["bitcoin"].quarantined == "in doubt"
    assert "nonsense" not in market.quotes
    assert market.awaited == {"bitcoin", "nonsense"}  # of neither was a price ever good


def test_a_writer_between_two_queries_does_not_tear_the_market(
    store: MarketStore, database: Database
) -> None:
    store.accept("bitcoin", SEEN)
    with open_database(database.path) as other:
        writing = MarketStore(other, currency="usd")

        def interfere(sql: str) -> None:
            if "FROM refused_quotes" in sql:
                writing.refuse("bitcoin", Refused(SEEN, "in doubt", SEEN))
                writing.save_series({"bitcoin": series()})

        database.connection.set_trace_callback(interfere)
        torn = load_market(database, now=NOW)
        database.connection.set_trace_callback(None)
    assert torn is not None
    assert (torn.quotes["bitcoin"].quarantined, torn.bars.days) == ("", ())
    now = load_market(database, now=NOW)
    assert now is not None
    assert (now.quotes["bitcoin"].quarantined, len(now.bars.days)) == ("in doubt", 400)


def test_currencies_are_kept_apart(store: MarketStore, database: Database) -> None:
    store.accept("bitcoin", SEEN)
    store.save_series({"bitcoin": series()})
    assert load_market(database, now=NOW, currency="eur") is None


@pytest.mark.parametrize("price", ["NaN", "-1", "0", "0.0", "1e5", "", "Infinity", None])
def test_the_tables_themselves_refuse_what_is_no_price(
    store: MarketStore, database: Database, price: object
) -> None:
    store.accept("bitcoin", SEEN)
    with pytest.raises(StoreError, match="refused a value"), database.transaction():
        database.execute("UPDATE quotes SET price = ?", (price,))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE grades SET score = 101",
        "UPDATE grades SET grade_kind = ''",
        "UPDATE grades SET horizon = 'weekly'",
        "UPDATE trends SET trend = 2",
        "UPDATE bars SET close = x'00'",
        "UPDATE bars SET volume = x''",
        "INSERT INTO bodies VALUES ('p', 'n', 'not json', '2026')",
        "INSERT INTO asked VALUES ('job', 'x', '2026', 2)",
        "INSERT INTO assets VALUES ('cash', '{}', '2026')",
    ],
)
def test_the_tables_themselves_refuse_nonsense(
    store: MarketStore, database: Database, statement: str
) -> None:
    store.save_series({"bitcoin": series()})
    GradeStore(database).save([short("bitcoin")], [Trend("bitcoin", "tm", 1, 0, NOW)])
    with pytest.raises(StoreError, match="refused a value"), database.transaction():
        database.execute(statement)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(price=st.decimals("1e-30", "1e30", allow_nan=False, allow_infinity=False))
def test_every_price_comes_back_exactly(store: MarketStore, price: Decimal) -> None:
    store.accept("bitcoin", replace(SEEN, price=price))
    assert store.accepted()["bitcoin"].price == price


def test_the_confirmed_level_is_kept_beside_the_price(store: MarketStore) -> None:
    level = replace(SEEN, price=Decimal(90_000), at=NOW - timedelta(days=1), market_cap=None)
    store.accept("bitcoin", SEEN, level=level)
    assert (store.levels(), store.accepted()) == ({"bitcoin": level}, {"bitcoin": SEEN})
    store.accept("bitcoin", SEEN)
    assert store.levels() == {"bitcoin": SEEN}


def test_pairs_and_sectors_come_back(store: MarketStore) -> None:
    pairs = [Pair("bitcoin", "3375", "Bitcoin"), Pair("ethereum", "22600", "Ether", "in doubt")]
    store.save_pairs("tokenmetrics", pairs, at=NOW)
    assert list(store.pairs("tokenmetrics").values()) == pairs
    assert store.pairs("other") == {}
    store.save_sectors({"bitcoin": SectorChoice("layer1", "meme")}, at=NOW)
    assert store.sectors() == {"bitcoin": SectorChoice("layer1", "meme")}


def short(asset_id: str, *, kind: str = "tm_trader", score: float = 60.0, days: int = 0) -> Score:
    return Score(asset_id, "tm", kind, "short", score, NOW - timedelta(days=days))


def long(asset_id: str, *, kind: str = "tm_investor", days: int = 0) -> Score:
    return Score(asset_id, "tm", kind, "long", 55.0, NOW - timedelta(days=days))


def ours(score: float) -> Grade:
    return Grade("technical", score, score, -1, 0, NOW, NOW, kind="price_only")


def test_grades_of_two_definitions_never_stand_in_one_market(database: Database) -> None:
    grades = GradeStore(database)
    grades.save([short("a"), short("b"), short("c", kind="tm_grade"), long("c"), long("a")])
    found = grades.grades(as_of=NOW)
    assert {g.kind for g in found.values()} == {"tm_trader+tm_investor"}
    assert (found["a"].short, found["c"].short, found["c"].long) == (60.0, None, 55.0)


def test_a_newer_grade_replaces_an_older_one_and_never_the_other_way(database: Database) -> None:
    grades = GradeStore(database)
    grades.save([short("a", score=10)], [Trend("a", "tm", -1, -1, NOW)])
    grades.save([short("a", score=90, days=1)], [Trend("a", "tm", 1, 0, NOW - timedelta(days=1))])
    found = grades.grades(as_of=NOW)["a"]
    assert (found.short, found.trend, found.signal) == (10.0, -1, -1)


def test_ours_stand_in_where_the_vendor_is_silent_or_too_old(database: Database) -> None:
    grades = GradeStore(database)
    grades.save([short("fresh"), short("old", days=8), short("half", days=8), long("half", days=8)])
    grades.save_ours({"fresh": ours(30), "old": ours(31), "half": ours(32), "none": ours(33)})
    found = grades.grades(as_of=NOW)
    assert {a: g.source for a, g in found.items()} == {
        "fresh": "tm", "half": "tm", "none": "technical", "old": "technical"
    }  # fmt: skip
    assert (found["half"].short, found["half"].long) == (None, 55.0)
    grades.save_ours({"none": ours(40)})
    assert "old" not in grades.grades(as_of=NOW)


def test_five_hundred_assets_with_four_hundred_days_load_quickly(
    store: MarketStore, database: Database
) -> None:
    ids = [f"coin-{n}" for n in range(500)]
    with database.transaction():
        store.save_assets([replace(BTC, asset_id=a) for a in ids], at=NOW)
        for asset_id in ids:
            store.accept(asset_id, SEEN)
        store.save_series({a: series(seed=n) for n, a in enumerate(ids)})
        GradeStore(database).save([*map(short, ids), *map(long, ids)])
    began = time.process_time()
    market = load_market(database, now=NOW)
    took = time.process_time() - began
    assert market is not None
    assert market.bars.close.shape == (400, 500)
    assert took < 0.5
