from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portfolios.errors import (
    CredentialError,
    QuotaSpentError,
    RateLimitError,
    ReplyError,
    UnreachableError,
)
from portfolios.marketdata.asset_matching import Pair
from portfolios.marketdata.load_market import load_market
from portfolios.marketdata.market_store import MarketStore
from portfolios.model.market import Market
from portfolios.model.policy import Policy
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.model.valuation import value_portfolio
from portfolios.providers.quota.quota import CreditPlan
from portfolios.store.database import Database, open_database
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.refresh.refresh import needs_lean
from rebalancer.usecases.refresh.report import Loss
from tests.rebalancer.usecases.refresh.fake_sources import CG, TM, Desk, number_of


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "rebalancer.db") as opened:
        yield opened


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def pairs(desk: Desk) -> dict[str, Pair]:
    return MarketStore(desk.database, currency="usd").pairs(TM)


def market(desk: Desk) -> Market:
    found = load_market(desk.database, now=desk.world.clock.wall)
    assert found is not None
    return found


def test_one_refresh_brings_prices_history_and_grades(desk: Desk) -> None:
    desk.hold(6)
    report = desk.refresh()
    assert report.is_complete
    assert report.priced == report.graded == tuple(f"coin-{n}" for n in range(6))
    found = market(desk)
    assert found.quotes["coin-3"].price == Decimal(13)
    assert found.bars.close.shape == (365, 6)
    grade = found.grades["coin-3"]
    assert (grade.source, grade.kind) == (TM, "tm_trader+tm_investor")
    assert (grade.short, grade.long, grade.trend) == (60.0, 55.0, 1)
    assert found.assets["coin-2"].sector == "ai"
    assert found.assets["coin-3"].symbol == "SYM1"


def test_without_a_key_our_own_grades_stand_and_are_labelled(desk: Desk) -> None:
    desk.hold(3)
    desk.has_key = False
    report = desk.refresh()
    assert report.is_complete
    grades = market(desk).grades
    assert sorted(grades) == ["coin-0", "coin-1", "coin-2"]
    assert all(grade.is_ours for grade in grades.values())
    assert all(grade.short is not None for grade in grades.values())


@pytest.mark.parametrize("users", [1, 100])
def test_the_calls_do_not_grow_with_the_users(desk: Desk, users: int) -> None:
    desk.hold(30, users=users)
    desk.refresh()
    assert desk.cg.calls == {"prices": 1, "history": 30, "members": 16}
    assert desk.tm.calls == {"find": 1, "signals": 1, "regime": 1}
    desk.next_day()
    report = desk.refresh()
    assert (desk.cg.calls, desk.tm.calls) == ({"prices": 1}, {"signals": 1, "regime": 1})
    assert report.calls == 3


@pytest.mark.campaign
def test_the_calls_for_ten_thousand_users_are_those_for_one(desk: Desk) -> None:
    desk.hold(5, users=10_000)
    desk.refresh()
    assert desk.cg.calls == {"prices": 1, "history": 5, "members": 16}
    desk.next_day()
    desk.refresh()
    assert (desk.cg.calls, desk.tm.calls) == ({"prices": 1}, {"signals": 1, "regime": 1})


def weeks(desk: Desk, days: int) -> list[int]:
    spent = []
    for _ in range(days):
        desk.refresh()
        spent.append(desk.tm.calls.total())
        desk.next_day()
    return spent


@pytest.mark.parametrize(("assets", "average", "dearest"), [(100, 4, 8), (500, 14, 30)])
def test_the_signals_path_stays_within_its_credits(
    desk: Desk, assets: int, average: float, dearest: int
) -> None:
    desk.hold(assets)
    desk.settings = {"tm.size": 600, "cg.most_days": 20}
    spent = weeks(desk, 7)
    assert sum(spent) / 7 <= average
    assert max(spent) <= dearest


def test_late_rows_and_missing_grades_stay_within_the_credits_too(desk: Desk) -> None:
    desk.hold(100)
    desk.settings = {"tm.with_short": False, "tm.with_long": False}
    spent = weeks(desk, 14)
    assert max(spent) <= 8
    assert sum(spent[7:]) / 7 <= 4
    grade = market(desk).grades["coin-7"]
    assert grade.kind == "tm_grade+fundamental"


def test_what_both_sources_hold_in_common_is_asked_for_once(desk: Desk) -> None:
    desk.hold(2)
    desk.refresh()
    again = desk.refresh()
    assert again.calls == 0
    assert again.is_complete


def test_targets_and_candidates_are_asked_for_and_stated_prices_are_not(desk: Desk) -> None:
    wish = Portfolio(
        "wish",
        holdings=(Holding("coin-1", Decimal(1)),),
        targets={"coin-2": Decimal(1)},
        policy=Policy(candidates=("coin-3",)),
    )
    Store(desk.database).save_portfolio(wish, at=desk.world.clock.wall)
    assert desk.refresh().priced == ("coin-1", "coin-2", "coin-3")


def test_a_jump_that_the_second_source_confirms_passes(desk: Desk) -> None:
    desk.hold(8)
    desk.refresh()
    desk.next_day()
    desk.world.factors["coin-4"] = 0.2
    report = desk.refresh()
    assert report.quarantined == {}
    assert desk.tm.calls["second_prices"] == 1
    assert market(desk).quotes["coin-4"].price == Decimal("2.8")


def test_a_wrong_price_is_kept_out_and_the_last_good_one_shown(desk: Desk) -> None:
    desk.hold(8)
    desk.refresh()
    desk.next_day()
    desk.world.wrong["coin-4"] = 1000
    report = desk.refresh()
    assert list(report.quarantined) == ["coin-4"]
    assert "coingecko says 14000, tokenmetrics says 14.056" in report.quarantined["coin-4"]
    found = market(desk)
    assert found.quotes["coin-4"].price == Decimal(14)
    assert np.isnan(found.bars.close[-1, found.bars.asset_ids.index("coin-4")])
    core = Store(desk.database).load_portfolio("p0")
    assert len(value_portfolio(core, found).withheld) == 1
    desk.world.wrong.clear()
    desk.world.clock.sleep(3600)
    assert desk.refresh().quarantined == {}
    assert market(desk).quotes["coin-4"].quarantined == ""


def test_in_another_currency_the_dollars_of_the_second_source_deny_nothing(desk: Desk) -> None:
    desk.hold(8)
    desk.settings = {"cg.currency": "eur"}
    desk.refresh()
    desk.next_day()
    desk.world.wrong["coin-4"] = 3
    report = desk.refresh()
    assert "no second source" in report.quarantined["coin-4"]
    assert desk.tm.calls["second_prices"] == 0


@pytest.mark.parametrize("price", ["NaN", "-1", "0", "Infinity", "1e-320"])
def test_what_is_no_price_is_refused_as_often_as_it_is_said(desk: Desk, price: str) -> None:
    desk.hold(8)
    desk.refresh()
    desk.settings = {"cg.nonsense": {"coin-4": Decimal(price)}}
    for _ in range(3):
        desk.next_day()
        assert "is no price" in desk.refresh().quarantined["coin-4"]
    assert market(desk).quotes["coin-4"].price == Decimal(14)


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), -1.0, 0.0])
def test_a_nonsensical_market_value_costs_only_itself(desk: Desk, amount: float) -> None:
    desk.hold(2)
    desk.settings = {"cg.amount": amount}
    assert desk.refresh().is_complete
    desk.next_day()
    assert len(desk.refresh().priced) == 2
    found = market(desk)
    assert found.assets["coin-1"].market_cap is None
    assert np.isnan(found.bars.volume[-1]).all()


def test_a_first_price_must_stand_up_to_the_history(desk: Desk) -> None:
    desk.hold(3)
    desk.has_key = False
    desk.world.wrong["coin-1"] = 1000
    report = desk.refresh()
    assert "of the last days" in report.quarantined["coin-1"]
    found = market(desk)
    assert found.quotes["coin-1"].quarantined != ""
    assert np.nanmax(found.bars.columns(["coin-1"]).close) < 12
    desk.world.wrong.clear()
    desk.world.clock.sleep(1860)
    assert desk.refresh().quarantined == {}


def test_without_a_second_source_a_second_reading_settles_a_doubled_price(desk: Desk) -> None:
    desk.hold(8)
    desk.has_key = False
    desk.refresh()
    desk.next_day()
    desk.world.factors["coin-4"] = 2.4
    assert list(desk.refresh().quarantined) == ["coin-4"]
    desk.world.clock.sleep(1860)
    assert desk.refresh().quarantined == {}
    assert market(desk).quotes["coin-4"].price == Decimal("33.6")


def test_an_asset_that_disappears_keeps_its_last_price_and_its_age(desk: Desk) -> None:
    desk.hold(3)
    desk.refresh()
    desk.world.delisted.add("coin-1")
    desk.next_day()
    report = desk.refresh()
    assert report.unknown == ()
    quote = market(desk).quotes["coin-1"]
    assert (quote.price, market(desk).age(quote.at).days) == (Decimal(11), 1)


def test_an_unknown_id_is_reported_and_not_asked_for_again_soon(desk: Desk) -> None:
    desk.hold(3)
    desk.world.delisted.add("coin-1")
    assert desk.refresh().unknown == ("coin-1",)
    desk.next_day()
    assert desk.refresh().unknown == ()


def test_a_run_that_may_make_few_calls_goes_on_where_it_stopped(desk: Desk) -> None:
    desk.hold(12)
    calls: Counter[str] = Counter()
    for _ in range(20):
        report = desk.refresh(max_calls=4)
        assert report.calls <= 4
        calls += desk.cg.calls + desk.tm.calls
        if report.is_complete:
            break
        assert {lost.loss for lost in report.degradations} == {Loss.CAPPED}
    assert calls == {
        "prices": 1, "history": 12, "members": 16, "find": 1, "signals": 1, "regime": 1
    }  # fmt: skip


def test_an_interrupted_refresh_keeps_what_it_had(desk: Desk) -> None:
    desk.hold(12)
    desk.settings = {"cg.stop_after": 6}
    with pytest.raises(KeyboardInterrupt):
        desk.refresh()
    assert len(market(desk).bars.asset_ids) == 12
    desk.settings = {}
    desk.refresh()
    assert desk.cg.calls["history"] == 7
    assert desk.cg.calls["prices"] == 0


def test_a_free_plan_of_one_call_a_minute_waits_and_tells_how_far_it_is(desk: Desk) -> None:
    desk.plan = CreditPlan(per_minute=1, monthly=5000)
    desk.hold(150)
    began = desk.world.clock.wall
    assert desk.refresh().is_complete
    minutes = (desk.world.clock.wall - began) / timedelta(minutes=1)
    assert desk.tm.calls == {"find": 3, "signals": 2, "regime": 1}
    assert 5 <= minutes < 6
    assert [p.done for p in desk.seen if p.job == "signals"] == [0, 1, 2]


def test_fifty_calls_a_month_give_daily_signals_for_the_hundred_dearest(desk: Desk) -> None:
    desk.plan = CreditPlan(per_minute=1, monthly=50)
    desk.settings = {"cg.most_days": 20}
    desk.hold(120)
    desk.world.clock.wall = datetime(2026, 12, 1, 9, tzinfo=UTC)
    days = 0
    for _ in range(31):
        report = desk.refresh()
        assert report.profile == "lean"
        assert report.is_complete
        days += desk.tm.calls["signals"]
        desk.world.clock.wall = (desk.world.clock.wall + timedelta(days=1)).replace(
            hour=9, minute=0
        )
    assert days == 31
    row = desk.database.row("SELECT count(*) AS n FROM credits WHERE provider = ?", (TM,))
    assert row is not None
    assert row["n"] <= 45


def test_the_small_profile_is_taken_only_where_the_plan_needs_it() -> None:
    assert needs_lean(CreditPlan(per_minute=1, monthly=50), 10)
    assert not needs_lean(CreditPlan(per_minute=1, monthly=5000), 500)
    assert needs_lean(CreditPlan(per_minute=1, monthly=200), 500)
    assert not needs_lean(CreditPlan(per_minute=1), 500)


@pytest.mark.parametrize(
    ("error", "loss"),
    [
        (lambda: UnreachableError("no answer", provider=TM), Loss.UNREACHABLE),
        (lambda: RateLimitError("too many", provider=TM, retry_after=90), Loss.RATE),
        (lambda: CredentialError("the key is refused", provider=TM), Loss.CREDENTIAL),
        (lambda: ReplyError("no JSON", provider=TM), Loss.REPLY),
    ],
)
def test_a_failing_provider_of_grades_costs_the_grades_only(
    desk: Desk, error: object, loss: Loss
) -> None:
    desk.hold(4)
    desk.settings = {"tm.failing": dict.fromkeys(("find", "signals", "regime"), error)}
    report = desk.refresh()
    assert {lost.loss for lost in report.degradations} == {loss}
    assert len(report.priced) == 4
    assert desk.tm.calls.total() <= 3
    assert all(grade.is_ours for grade in market(desk).grades.values())


def test_with_everything_down_the_last_good_data_stay(desk: Desk) -> None:
    desk.hold(4)
    desk.refresh()
    before = market(desk)
    down = {
        "prices": lambda: UnreachableError("no answer", provider=CG),
        "signals": lambda: UnreachableError("no answer", provider=TM),
        "regime": lambda: UnreachableError("no answer", provider=TM),
    }
    desk.settings = {"cg.failing": down, "tm.failing": down}
    desk.next_day()
    report = desk.refresh()
    assert {lost.provider for lost in report.degradations} == {CG, TM}
    assert market(desk).quotes == before.quotes
    assert market(desk).grades == before.grades


ERRORS = (
    lambda: UnreachableError("no answer", provider=TM),
    lambda: RateLimitError("too many", provider=TM),
    lambda: RateLimitError("too many", provider=TM, retry_after=1e9),
    lambda: CredentialError("refused", provider=TM),
    lambda: ReplyError("no JSON", provider=TM),
    lambda: QuotaSpentError("nothing left", provider=TM),
)
METHODS = ("prices", "history", "members", "find", "tokens", "signals", "regime", "second_prices")


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    faults=st.lists(
        st.dictionaries(st.sampled_from(METHODS), st.sampled_from(ERRORS)), min_size=1, max_size=6
    ),
    caps=st.lists(st.none() | st.integers(0, 9), min_size=6, max_size=6),
)
def test_whatever_fails_the_good_data_stay_and_come_back(
    tmp_path_factory: pytest.TempPathFactory,
    faults: list[dict[str, Callable[[], Exception]]],
    caps: list[int | None],
) -> None:
    with open_database(tmp_path_factory.mktemp("faults") / "rebalancer.db") as database:
        desk = Desk(database, plan=CreditPlan(per_minute=1, monthly=5000))
        desk.hold(8)
        known: set[str] = set()
        for failing, cap in zip(faults, caps, strict=False):
            desk.settings = {"cg.failing": failing, "tm.failing": failing}
            report = desk.refresh(max_calls=cap)
            assert cap is None or report.calls <= cap
            found = load_market(database, now=desk.world.clock.wall)
            assert known <= set(found.quotes if found else ())
            known = set(found.quotes if found else ())
            desk.next_day()
        desk.settings = {}
        desk.world.clock.sleep(7 * 86_400)
        assert desk.refresh(manual=True).is_complete
        grades = market(desk).grades
        assert [g.source for g in grades.values()] == [TM] * 8
        assert len(market(desk).bars.asset_ids) == 8


def test_a_refused_key_is_told_once_a_day_and_costs_one_call(desk: Desk) -> None:
    desk.hold(4)
    refused = {"find": lambda: CredentialError("the key is refused", provider=TM)}
    desk.settings = {"tm.failing": refused}
    news, calls = [], 0
    for _ in range(5):
        report = desk.refresh()
        calls += desk.tm.calls.total()
        news += [lost for lost in report.degradations if lost.is_news]
        desk.world.clock.sleep(3600)
    assert (len(news), calls) == (1, 1)
    desk.settings = {}
    assert desk.refresh(manual=True).is_complete  # the key is a new one
    desk.next_day()
    assert desk.refresh().is_complete


def test_an_endpoint_beyond_the_plan_leaves_the_others_open(desk: Desk) -> None:
    desk.hold(4)
    desk.settings = {"tm.failing": {"regime": lambda: CredentialError("not in plan", provider=TM)}}
    report = desk.refresh()
    assert [lost.job for lost in report.degradations] == ["regime"]
    desk.world.clock.sleep(3600 * 20)
    report = desk.refresh()
    assert desk.tm.calls == {"signals": 1}
    assert [lost.is_news for lost in report.degradations] == [False]


def test_a_sector_changes_only_when_two_weekly_readings_agree(desk: Desk) -> None:
    desk.hold(3)
    sectors = []
    for week in range(4):
        if week:
            desk.settings = {"cg.ai": ["coin-0", "coin-1"]}
        desk.refresh()
        sectors.append([market(desk).assets[f"coin-{n}"].sector for n in range(3)])
        desk.world.clock.sleep(7 * 86_400)
    assert sectors == [
        ["ai", "other", "ai"],
        ["ai", "other", "ai"],
        ["ai", "ai", "other"],
        ["ai", "ai", "other"],
    ]


@pytest.mark.parametrize("seed", range(3))
def test_repeated_and_shuffled_rows_change_nothing(desk: Desk, seed: int) -> None:
    desk.hold(8)
    desk.settings = {"cg.chance": random.Random(seed), "tm.chance": random.Random(seed)}  # noqa: S311
    desk.refresh()
    found = market(desk)
    assert {a: q.price for a, q in found.quotes.items()} == {
        f"coin-{n}": Decimal(10 + n) for n in range(8)
    }
    assert {(g.short, g.long, g.trend) for g in found.grades.values()} == {(60.0, 55.0, 1)}
    assert all(p.their_id == str(5000 + number_of(a)) for a, p in pairs(desk).items())


def test_a_row_that_names_another_asset_is_not_believed(desk: Desk) -> None:
    desk.hold(4)
    desk.refresh()
    desk.settings = {"tm.impostor": "5002"}
    desk.next_day()
    report = desk.refresh()
    assert report.unpaired == {"coin-2": "its signals are those of 'coin-99'"}
    assert "coin-2" not in report.graded
    assert market(desk).grades["coin-2"].short == 60.0  # the last good one


def test_late_rows_are_asked_for_three_times_and_no_more(desk: Desk) -> None:
    desk.hold(4)
    desk.settings = {"tm.late": True}
    asked = 0
    for _ in range(12):
        desk.refresh()
        asked += desk.tm.calls["signals"]
        desk.world.clock.sleep(3600)
    assert asked == 3
    desk.settings = {}
    desk.next_day()
    assert len(desk.refresh().graded) == 4


def test_no_call_is_made_inside_a_transaction(desk: Desk) -> None:
    inside: list[bool] = []

    def look() -> None:
        inside.append(desk.database.connection.in_transaction)

    desk.hold(8)
    desk.settings = {"cg.looks": look, "tm.looks": look}
    desk.refresh()
    desk.world.wrong["coin-1"] = 100
    desk.next_day()
    desk.refresh()
    assert desk.tm.calls["second_prices"] == 1
    assert len(inside) == 1 + 8 + 16 + 3 + 4
    assert not any(inside)
