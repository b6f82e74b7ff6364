from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from portfolios.marketdata.asset_description import described
from portfolios.marketdata.fetch_log import WEEK, FetchLog
from portfolios.marketdata.universe import Universe, Wanted, universe, wanted_assets
from portfolios.model.assets import AssetKind
from portfolios.model.policy import Policy
from portfolios.model.portfolio import AlertRule, Holding, Portfolio, StatedPrice
from portfolios.store.database import Database, open_database
from portfolios.store.portfolio_store import Store

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "rebalancer.db") as opened:
        yield opened


def test_everything_held_targeted_or_allowed_is_wanted_once(database: Database) -> None:
    house = Holding("house", Decimal(1), stated=StatedPrice(Decimal(9), NOW.date()))
    core = Portfolio("core", holdings=(Holding("bitcoin", Decimal(2)), house))
    wish = Portfolio(
        "wish",
        holdings=(Holding("bitcoin", Decimal("0.5")),),
        targets={"ethereum": Decimal("0.9"), "cash": Decimal("0.1")},
        policy=Policy(candidates=("solana", "bitcoin")),
    )
    for portfolio in (core, wish):
        Store(database).save_portfolio(portfolio, at=NOW)
    assert wanted_assets(database) == (
        Wanted("bitcoin", 2, 2.5), Wanted("ethereum"), Wanted("solana")
    )  # fmt: skip


def test_the_caps_keep_the_assets_that_matter_to_most_money() -> None:
    wanted = [Wanted("dust", 50, 50.0), Wanted("big", 1, 9.0), Wanted("both", 3, 5.0),
              Wanted("unpriced", 7, 7.0)]  # fmt: skip
    found = universe(
        wanted, {"dust": 0.01, "big": 100.0, "both": 100.0}, most_priced=3, most_graded=2
    )
    assert found == Universe(("both", "big", "dust"), ("both", "big"), left_out=1)


def test_what_was_asked_is_not_asked_again_within_its_period(database: Database) -> None:
    asked = FetchLog(database)
    hour = timedelta(hours=1)
    asked.mark("prices", ["a", "b"], at=NOW, answered=True)
    asked.mark("prices", ["nobody"], at=NOW, answered=False)
    everything = ["c", "a", "nobody", "b", "c"]
    assert asked.due("prices", everything, now=NOW + hour / 2, every=hour) == ("c",)
    assert asked.due("prices", everything, now=NOW + hour, every=hour) == ("c", "a", "b")
    assert asked.due("prices", ["nobody"], now=NOW + WEEK, every=hour) == ("nobody",)
    assert asked.due("grades", ["a"], now=NOW, every=hour) == ("a",)


def test_days_are_counted_in_dates_and_a_clock_that_was_wrong_is_forgiven(
    database: Database,
) -> None:
    asked = FetchLog(database)
    day = timedelta(days=1)
    asked.mark("signals", ["a"], at=NOW.replace(hour=23), answered=True)
    assert asked.due("signals", ["a"], now=NOW.replace(hour=23, minute=59), every=day) == ()
    assert asked.due("signals", ["a"], now=NOW.replace(day=23, hour=0), every=day) == ("a",)
    for ahead in (day / 24, day, 900 * day):
        asked.mark("signals", ["a"], at=NOW + ahead, answered=True)
        assert asked.due("signals", ["a"], now=NOW, every=day) == ("a",)
        assert asked.due("signals", ["a"], now=NOW, every=day / 24) == ("a",)


def test_a_kept_body_carries_the_moment_it_was_fetched(database: Database) -> None:
    asked = FetchLog(database)
    assert asked.response("tm", "regime") is None
    asked.save_response("tm", "regime", {"signal": 1}, at=NOW)
    body = asked.response("tm", "regime")
    assert body is not None
    assert (body.content, body.fetched_at) == ({"signal": 1}, NOW)


def test_the_kind_of_an_asset_follows_from_its_sector() -> None:
    stable = described("tether", symbol="usdt", name="Tether", sector="stablecoin")
    assert (stable.kind, stable.peg, stable.symbol) == (AssetKind.STABLE, "usd", "USDT")
    euro = described("euro-coin", symbol="eurc", name="EURC", sector="stablecoin")
    assert euro.peg == "eur"
    wrapped = described("weth", symbol="weth", name="WETH", sector="wrapped_staked")
    assert (wrapped.kind, wrapped.underlying) == (AssetKind.WRAPPED, "ethereum")
    assert described("x-y", symbol="", name="", sector="other").symbol == "X-Y"


def test_what_somebodys_rules_speak_of_is_wanted_too(tmp_path: Path) -> None:
    rules = ("price bitcoin > 100000", "sector.ai > 30%", "drift > 5%", "trend solana < 0")
    watcher = Portfolio("p", alerts=tuple(AlertRule(rule) for rule in rules))
    with open_database(tmp_path / "w.db") as database:
        Store(database).save_portfolio(watcher, at=datetime(2026, 11, 24, tzinfo=UTC))
        assert [w.asset_id for w in wanted_assets(database)] == ["bitcoin", "solana"]
