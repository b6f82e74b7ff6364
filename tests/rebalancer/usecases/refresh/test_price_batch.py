"""What a refresh believes of one reply for prices, on a market whose truth is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from portfolios.marketdata.load_market import load_market
from portfolios.model.market import Market
from portfolios.model.valuation import value_portfolio
from portfolios.store.database import Database, open_database
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.refresh.price_batch import SECOND_CALLS_A_DAY
from rebalancer.usecases.refresh.report import Loss
from tests.rebalancer.usecases.refresh.fake_sources import CG, Installation

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


def days_until_believed(at: Installation, *, most: int = 10) -> int:
    for day in range(most):
        if at.refresh().quarantined == {}:
            return day
        at.next_day()
    return most


@pytest.mark.parametrize("factor", [1000.0, 0.001, 12.0])
def test_a_redenomination_is_believed_once_it_has_been_said_for_days(
    installation: Installation, factor: float
) -> None:
    installation.has_key = False
    installation.settings = {"cg.amount": 1e9}  # the market value stays what it was
    installation.next_day()
    installation.refresh()
    installation.world.factors["coin-4"] = factor
    installation.next_day()
    assert days_until_believed(installation) == 3
    for _ in range(3):  # and it stays believed, whatever the days before it say
        installation.next_day()
        assert installation.refresh().quarantined == {}


@pytest.mark.parametrize("changed", [{"cg.amount": 1e9}, {"cg.names": {"coin-4": "Quadcoin"}}])
def test_a_coin_that_was_away_for_months_is_believed_after_days(
    installation: Installation, changed: dict[str, object]
) -> None:
    installation.has_key = False
    installation.settings = changed if "cg.amount" in changed else {}
    installation.next_day()
    installation.refresh()
    installation.world.delisted.add("coin-4")
    installation.world.clock.sleep(timedelta(days=120).total_seconds())
    installation.refresh()
    installation.world.delisted.clear()
    installation.world.factors["coin-4"] = 0.65
    installation.settings = changed
    installation.next_day()
    assert days_until_believed(installation) == 3


@pytest.mark.parametrize("has_key", [True, False])
def test_a_wrong_price_that_is_not_said_for_days_is_never_believed(
    installation: Installation, has_key: bool
) -> None:
    installation.has_key = has_key
    installation.settings = {"cg.amount": 1e9}
    for wrong in (1000, 1, 1000, 1000, 1):
        installation.next_day()
        installation.world.wrong["coin-4"] = wrong
        assert bool(installation.refresh().quarantined) is (wrong != 1)
    assert prices(installation)["coin-4"] == Decimal(14)


@pytest.mark.parametrize(
    ("wrong", "every", "rounds", "calls", "amount"),
    [(3, QUARTER, 12, SECOND_CALLS_A_DAY, None), (1000, 86_401, 6, 6, 1e9)],
)
def test_a_price_that_the_second_source_denies_is_not_believed_however_often_it_is_said(
    installation: Installation,
    wrong: float,
    every: float,
    rounds: int,
    calls: int,
    amount: float | None,
) -> None:
    installation.settings = {"cg.amount": amount}
    installation.refresh()
    installation.world.wrong["coin-4"] = wrong
    asked = 0
    for _ in range(rounds):
        installation.world.clock.sleep(every)
        assert "14.056" in installation.refresh().quarantined["coin-4"]
        asked += installation.tm.calls["second_prices"]
    assert asked == calls
    assert prices(installation)["coin-4"] == Decimal(14)


@pytest.mark.parametrize("factor", [3.0, 12.0])
def test_where_who_denied_it_cannot_be_asked_any_more_a_price_needs_three_days(
    installation: Installation, factor: float
) -> None:
    installation.world.wrong["coin-4"] = factor
    installation.next_day()
    assert installation.refresh().quarantined
    installation.has_key = False
    installation.next_day()
    assert (
        "tokenmetrics said 14.056 23 hours before" in installation.refresh().quarantined["coin-4"]
    )
    installation.world.wrong["coin-4"] = factor * 1.4  # nor does another wrong price end the denial
    installation.world.clock.sleep(QUARTER)
    assert installation.refresh().quarantined
    assert days_until_believed(installation) == 2


def test_what_the_second_source_denied_is_believed_once_it_says_so_too(
    installation: Installation,
) -> None:
    installation.world.wrong["coin-4"] = 3
    installation.next_day()
    assert installation.refresh().quarantined
    installation.world.wrong.clear()
    installation.world.factors["coin-4"] = 3
    installation.world.clock.sleep(QUARTER)
    assert installation.refresh().quarantined == {}


@pytest.mark.parametrize("age", [timedelta(days=-3650), timedelta(days=-1), timedelta(days=10)])
def test_a_price_whose_stamp_is_wrong_was_first_said_when_it_was_heard(
    installation: Installation, age: timedelta
) -> None:
    installation.has_key = False
    installation.world.factors["coin-4"] = 6
    installation.settings = {"cg.ages": {"coin-4": age}}
    installation.world.clock.sleep(timedelta(days=20).total_seconds())
    assert "stamps it" in installation.refresh().quarantined["coin-4"]
    installation.settings = {}
    installation.world.clock.sleep(QUARTER)
    assert installation.refresh().quarantined
    installation.world.clock.sleep(2 * QUARTER)
    assert installation.refresh().quarantined == {}


@pytest.mark.parametrize("missing", [1, 8])
def test_new_coins_that_one_reply_lacks_withhold_and_are_asked_for_again(
    database: Database, missing: int
) -> None:
    at = Installation(database)
    at.hold(8)
    lacking = tuple(f"coin-{n}" for n in range(missing))
    at.world.delisted.update(lacking)
    report = at.refresh()
    assert (report.unknown, report.unanswered) == ((), lacking)
    if missing < 8:
        core = Store(database).load_portfolio("p0")
        assert len(value_portfolio(core, market(at)).withheld) == 1
    at.world.delisted.clear()
    at.world.clock.sleep(QUARTER)
    assert at.refresh().unanswered == ()
    assert len(prices(at)) == 8


def test_an_empty_reply_about_known_coins_is_a_broken_one(installation: Installation) -> None:
    before = prices(installation)
    installation.hold(10)  # two new ones among them
    installation.world.delisted.update(f"coin-{n}" for n in range(10))
    installation.next_day()
    report = installation.refresh()
    assert {(loss.provider, loss.loss) for loss in report.degradations} >= {(CG, Loss.REPLY)}
    assert (report.unknown, prices(installation)) == ((), before)
    installation.world.delisted.clear()
    installation.world.clock.sleep(3 * 3600)
    assert len(installation.refresh().priced) == 10


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(days=2), timedelta(days=365)])
def test_a_price_that_a_clock_ahead_accepted_is_in_doubt_and_the_next_one_replaces_it(
    installation: Installation, ahead: timedelta
) -> None:
    installation.has_key = False
    clock = installation.world.clock
    days = len(market(installation).bars.days)
    installation.settings = {"cg.ages": {"coin-4": None}}
    clock.wall += ahead
    installation.refresh()
    clock.wall -= ahead
    assert "in the future" in market(installation).quotes["coin-4"].quarantined
    installation.settings = {}
    for factor in (1.1, 1.2):
        clock.sleep(QUARTER)
        installation.world.factors["coin-4"] = factor
        assert installation.refresh().quarantined == {}
        quote = market(installation).quotes["coin-4"]
        assert (quote.price, quote.quarantined) == (installation.world.price("coin-4"), "")
        assert quote.at < clock.wall
    bars = market(installation).bars
    assert len(bars.days) == days
    assert bars.columns(["coin-4"]).close[-1, 0] > 0


def test_a_first_price_that_is_none_withholds_until_there_is_one(database: Database) -> None:
    at = Installation(database, settings={"cg.nonsense": {"coin-4": None}})
    at.hold(8)
    report = at.refresh()
    assert (report.unknown, report.unanswered) == ((), ("coin-4",))
    core = Store(database).load_portfolio("p0")
    assert len(value_portfolio(core, market(at)).withheld) == 1
    at.settings.clear()
    at.world.clock.sleep(QUARTER)
    assert at.refresh().unanswered == ()
    assert value_portfolio(core, market(at)).withheld == ()


@pytest.mark.parametrize("row", [{"cg.nonsense": {"coin-4": None}}, {}])
def test_what_is_not_answered_for_is_named_and_keeps_its_last_price(
    installation: Installation, row: dict[str, object]
) -> None:
    installation.settings = row
    if not row:
        installation.world.delisted.add("coin-4")
    for _ in range(2):
        installation.next_day()
        report = installation.refresh()
        assert (report.unknown, report.unanswered) == ((), ("coin-4",))
    assert prices(installation)["coin-4"] == Decimal(14)
