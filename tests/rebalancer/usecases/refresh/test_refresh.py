from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
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
from tests.examples import examples
from tests.rebalancer.usecases.refresh.fake_sources import CG, TM, Installation, number_of


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "rebalancer.db") as opened:
        yield opened


@pytest.fixture
def installation(database: Database) -> Installation:
    return Installation(database)


def pairs(installation: Installation) -> dict[str, Pair]:
    return MarketStore(installation.database, currency="usd").pairs(TM)


def market(installation: Installation) -> Market:
    found = load_market(installation.database, now=installation.world.clock.wall)
    assert found is not None
    return found


def test_one_refresh_brings_prices_history_and_grades(installation: Installation) -> None:
    installation.hold(6)
    report = installation.refresh()
    assert report.is_complete
    assert report.priced == report.graded == tuple(f"coin-{n}" for n in range(6))
    found = market(installation)
    assert found.quotes["coin-3"].price == Decimal(13)
    assert found.bars.close.shape == (365, 6)
    grade = found.grades["coin-3"]
    assert (grade.source, grade.kind) == (TM, "tm_trader+tm_investor")
    assert (grade.short, grade.long, grade.trend) == (60.0, 55.0, 1)
    assert found.assets["coin-2"].sector == "ai"
    assert found.assets["coin-3"].symbol == "SYM1"


def test_without_a_key_our_own_grades_stand_and_are_labelled(installation: Installation) -> None:
    installation.hold(3)
    installation.has_key = False
    report = installation.refresh()
    assert report.is_complete
    grades = market(installation).grades
    assert sorted(grades) == ["coin-0", "coin-1", "coin-2"]
    assert all(grade.is_ours for grade in grades.values())
    assert all(grade.short is not None for grade in grades.values())


@pytest.mark.parametrize("users", [1, 100])
def test_the_calls_do_not_grow_with_the_users(installation: Installation, users: int) -> None:
    installation.hold(30, users=users)
    installation.refresh()
    assert installation.cg.calls == {"prices": 1, "history": 30, "members": 16}
    assert installation.tm.calls == {"find": 1, "signals": 1, "regime": 1}
    installation.next_day()
    report = installation.refresh()
    assert (installation.cg.calls, installation.tm.calls) == (
        {"prices": 1},
        {"signals": 1, "regime": 1},
    )
    assert report.calls == 3


@pytest.mark.campaign
def test_the_calls_for_ten_thousand_users_are_those_for_one(installation: Installation) -> None:
    installation.hold(5, users=10_000)
    installation.refresh()
    assert installation.cg.calls == {"prices": 1, "history": 5, "members": 16}
    installation.next_day()
    installation.refresh()
    assert (installation.cg.calls, installation.tm.calls) == (
        {"prices": 1},
        {"signals": 1, "regime": 1},
    )


def weeks(installation: Installation, days: int) -> list[int]:
    spent = []
    for _ in range(days):
        installation.refresh()
        spent.append(installation.tm.calls.total())
        installation.next_day()
    return spent


@pytest.mark.parametrize(
    ("assets", "average", "dearest"),
    [
        (100, 4, 8),
        (250, 7, 15),
        pytest.param(500, 14, 30, marks=pytest.mark.campaign),
    ],
)
def test_the_signals_path_stays_within_its_credits(
    installation: Installation, assets: int, average: float, dearest: int
) -> None:
    installation.hold(assets)
    installation.settings = {"tm.size": 600, "cg.most_days": 20}
    spent = weeks(installation, 7)
    assert sum(spent) / 7 <= average
    assert max(spent) <= dearest


def test_late_rows_and_missing_grades_stay_within_the_credits_too(
    installation: Installation,
) -> None:
    installation.hold(100)
    installation.settings = {
        "tm.with_short": False, "tm.with_long": False, "cg.most_days": 20
    }  # fmt: skip
    spent = weeks(installation, 14)
    assert max(spent) <= 8
    assert sum(spent[7:]) / 7 <= 4
    grade = market(installation).grades["coin-7"]
    assert grade.kind == "tm_grade+fundamental"


def test_what_both_sources_hold_in_common_is_asked_for_once(installation: Installation) -> None:
    installation.hold(2)
    installation.refresh()
    again = installation.refresh()
    assert again.calls == 0
    assert again.is_complete


def test_targets_and_candidates_are_asked_for_and_stated_prices_are_not(
    installation: Installation,
) -> None:
    wish = Portfolio(
        "wish",
        holdings=(Holding("coin-1", Decimal(1)),),
        targets={"coin-2": Decimal(1)},
        policy=Policy(candidates=("coin-3",)),
    )
    Store(installation.database).save_portfolio(wish, at=installation.world.clock.wall)
    assert installation.refresh().priced == ("coin-1", "coin-2", "coin-3")


def test_a_jump_that_the_second_source_confirms_passes(installation: Installation) -> None:
    installation.hold(8)
    installation.refresh()
    installation.next_day()
    installation.world.factors["coin-4"] = 0.2
    report = installation.refresh()
    assert report.quarantined == {}
    assert installation.tm.calls["second_prices"] == 1
    assert market(installation).quotes["coin-4"].price == Decimal("2.8")


def test_a_wrong_price_is_kept_out_and_the_last_good_one_shown(installation: Installation) -> None:
    installation.hold(8)
    installation.refresh()
    installation.next_day()
    installation.world.wrong["coin-4"] = 1000
    report = installation.refresh()
    assert list(report.quarantined) == ["coin-4"]
    assert "coingecko says 14000, tokenmetrics says 14.056" in report.quarantined["coin-4"]
    found = market(installation)
    assert found.quotes["coin-4"].price == Decimal(14)
    assert np.isnan(found.bars.close[-1, found.bars.asset_ids.index("coin-4")])
    core = Store(installation.database).load_portfolio("p0")
    assert len(value_portfolio(core, found).withheld) == 1
    installation.world.wrong.clear()
    installation.world.clock.sleep(3600)
    assert installation.refresh().quarantined == {}
    assert market(installation).quotes["coin-4"].quarantined == ""


def test_in_another_currency_the_dollars_of_the_second_source_deny_nothing(
    installation: Installation,
) -> None:
    installation.hold(8)
    installation.settings = {"cg.currency": "eur"}
    installation.refresh()
    installation.next_day()
    installation.world.wrong["coin-4"] = 3
    report = installation.refresh()
    assert "no second source" in report.quarantined["coin-4"]
    assert installation.tm.calls["second_prices"] == 0


@pytest.mark.parametrize("price", ["NaN", "-1", "0", "Infinity", "1e-320"])
def test_what_is_no_price_is_refused_as_often_as_it_is_said(
    installation: Installation, price: str
) -> None:
    installation.hold(8)
    installation.refresh()
    installation.settings = {"cg.nonsense": {"coin-4": Decimal(price)}}
    for _ in range(3):
        installation.next_day()
        assert "is no price" in installation.refresh().quarantined["coin-4"]
    assert market(installation).quotes["coin-4"].price == Decimal(14)


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), -1.0, 0.0])
def test_a_nonsensical_market_value_costs_only_itself(
    installation: Installation, amount: float
) -> None:
    installation.hold(2)
    installation.settings = {"cg.amount": amount}
    assert installation.refresh().is_complete
    installation.next_day()
    assert len(installation.refresh().priced) == 2
    found = market(installation)
    assert found.assets["coin-1"].market_cap is None
    assert np.isnan(found.bars.volume[-1]).all()


def test_a_first_price_must_stand_up_to_the_history(installation: Installation) -> None:
    installation.hold(3)
    installation.has_key = False
    installation.world.wrong["coin-1"] = 1000
    report = installation.refresh()
    assert "of the last days" in report.quarantined["coin-1"]
    found = market(installation)
    assert found.quotes["coin-1"].quarantined != ""
    assert np.nanmax(found.bars.columns(["coin-1"]).close) < 12
    installation.world.wrong.clear()
    installation.world.clock.sleep(1860)
    assert installation.refresh().quarantined == {}


def test_without_a_second_source_a_second_reading_settles_a_doubled_price(
    installation: Installation,
) -> None:
    installation.hold(8)
    installation.has_key = False
    installation.refresh()
    installation.next_day()
    installation.world.factors["coin-4"] = 2.4
    assert list(installation.refresh().quarantined) == ["coin-4"]
    installation.world.clock.sleep(1860)
    assert installation.refresh().quarantined == {}
    assert market(installation).quotes["coin-4"].price == Decimal("33.6")


def test_an_asset_that_disappears_keeps_its_last_price_and_its_age(
    installation: Installation,
) -> None:
    installation.hold(3)
    installation.refresh()
    installation.world.delisted.add("coin-1")
    installation.next_day()
    report = installation.refresh()
    assert (report.unknown, report.unanswered) == ((), ("coin-1",))
    quote = market(installation).quotes["coin-1"]
    assert (quote.price, market(installation).age(quote.at).days) == (Decimal(11), 1)


def test_an_unknown_id_is_reported_and_not_asked_for_again_soon(installation: Installation) -> None:
    installation.hold(3)
    installation.world.delisted.add("coin-1")
    first = installation.refresh()
    assert (first.unknown, first.unanswered) == ((), ("coin-1",))
    installation.world.clock.sleep(3600)
    assert installation.refresh().unknown == ("coin-1",)
    installation.next_day()
    assert installation.refresh().unknown == ()


def test_a_run_that_may_make_few_calls_goes_on_where_it_stopped(installation: Installation) -> None:
    installation.hold(12)
    calls: Counter[str] = Counter()
    for _ in range(20):
        report = installation.refresh(max_calls=4)
        assert report.calls <= 4
        calls += installation.cg.calls + installation.tm.calls
        if report.is_complete:
            break
        assert {lost.loss for lost in report.degradations} == {Loss.CAPPED}
    assert calls == {
        "prices": 1, "history": 12, "members": 16, "find": 1, "signals": 1, "regime": 1
    }  # fmt: skip


def test_an_interrupted_refresh_keeps_what_it_had(installation: Installation) -> None:
    installation.hold(12)
    installation.settings = {"cg.stop_after": 6}
    with pytest.raises(KeyboardInterrupt):
        installation.refresh()
    assert len(market(installation).bars.asset_ids) == 12
    installation.settings = {}
    installation.refresh()
    assert installation.cg.calls["history"] == 7
    assert installation.cg.calls["prices"] == 0


def test_a_free_plan_of_one_call_a_minute_waits_and_tells_how_far_it_is(
    installation: Installation,
) -> None:
    installation.plan = CreditPlan(per_minute=1, monthly=5000)
    installation.hold(150)
    began = installation.world.clock.wall
    assert installation.refresh().is_complete
    minutes = (installation.world.clock.wall - began) / timedelta(minutes=1)
    assert installation.tm.calls == {"find": 3, "signals": 2, "regime": 1}
    assert 5 <= minutes < 6
    assert [p.done for p in installation.seen if p.job == "signals"] == [0, 1, 2]


def test_fifty_calls_a_month_give_daily_signals_for_the_hundred_dearest(
    installation: Installation,
) -> None:
    installation.plan = CreditPlan(per_minute=1, monthly=50)
    installation.settings = {"cg.most_days": 20}
    installation.hold(120)
    installation.world.clock.wall = datetime(2026, 12, 1, 9, tzinfo=UTC)
    days = 0
    for _ in range(31):
        report = installation.refresh()
        assert report.profile == "lean"
        assert report.is_complete
        days += installation.tm.calls["signals"]
        installation.world.clock.wall = (installation.world.clock.wall + timedelta(days=1)).replace(
            hour=9, minute=0
        )
    assert days == 31
    row = installation.database.row("SELECT count(*) AS n FROM credits WHERE provider = ?", (TM,))
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
    installation: Installation, error: object, loss: Loss
) -> None:
    installation.hold(4)
    installation.settings = {"tm.failing": dict.fromkeys(("find", "signals", "regime"), error)}
    report = installation.refresh()
    assert {lost.loss for lost in report.degradations} == {loss}
    assert len(report.priced) == 4
    assert installation.tm.calls.total() <= 3
    assert all(grade.is_ours for grade in market(installation).grades.values())


def test_with_everything_down_the_last_good_data_stay(installation: Installation) -> None:
    installation.hold(4)
    installation.refresh()
    before = market(installation)
    down = {
        "prices": lambda: UnreachableError("no answer", provider=CG),
        "signals": lambda: UnreachableError("no answer", provider=TM),
        "regime": lambda: UnreachableError("no answer", provider=TM),
    }
    installation.settings = {"cg.failing": down, "tm.failing": down}
    installation.next_day()
    report = installation.refresh()
    assert {lost.provider for lost in report.degradations} == {CG, TM}
    assert market(installation).quotes == before.quotes
    assert market(installation).grades == before.grades


ERRORS = (
    lambda: UnreachableError("no answer", provider=TM),
    lambda: RateLimitError("too many", provider=TM),
    lambda: RateLimitError("too many", provider=TM, retry_after=1e9),
    lambda: CredentialError("refused", provider=TM),
    lambda: ReplyError("no JSON", provider=TM),
    lambda: QuotaSpentError("nothing left", provider=TM),
)
Faults = dict[str, Callable[[], Exception]]
METHODS = ("prices", "history", "members", "find", "tokens", "signals", "regime", "second_prices")


@pytest.mark.parametrize("count", examples(always=6, campaign=120))
def test_whatever_fails_the_good_data_stay_and_come_back(
    tmp_path_factory: pytest.TempPathFactory, count: int
) -> None:
    @settings(max_examples=count)
    @given(
        st.lists(
            st.dictionaries(st.sampled_from(METHODS), st.sampled_from(ERRORS)),
            min_size=1, max_size=6,
        ),
        st.lists(st.none() | st.integers(0, 9), min_size=6, max_size=6),
    )  # fmt: skip
    def holds(faults: list[Faults], caps: list[int | None]) -> None:
        fail_and_come_back(tmp_path_factory.mktemp("faults"), faults, caps)

    holds()


def fail_and_come_back(folder: Path, faults: list[Faults], caps: list[int | None]) -> None:
    with open_database(folder / "rebalancer.db") as database:
        installation = Installation(database, plan=CreditPlan(per_minute=1, monthly=5000))
        installation.hold(8)
        known: set[str] = set()
        for failing, cap in zip(faults, caps, strict=False):
            installation.settings = {"cg.failing": failing, "tm.failing": failing}
            report = installation.refresh(max_calls=cap)
            assert cap is None or report.calls <= cap
            found = load_market(database, now=installation.world.clock.wall)
            assert known <= set(found.quotes if found else ())
            known = set(found.quotes if found else ())
            installation.next_day()
        installation.settings = {}
        installation.world.clock.sleep(7 * 86_400)
        assert installation.refresh(manual=True).is_complete
        grades = market(installation).grades
        assert [g.source for g in grades.values()] == [TM] * 8
        assert len(market(installation).bars.asset_ids) == 8


def test_a_refused_key_is_told_once_a_day_and_costs_one_call(installation: Installation) -> None:
    installation.hold(4)
    refused = {"find": lambda: CredentialError("the key is refused", provider=TM)}
    installation.settings = {"tm.failing": refused}
    news, calls = [], 0
    for _ in range(5):
        report = installation.refresh()
        calls += installation.tm.calls.total()
        news += [lost for lost in report.degradations if lost.is_news]
        installation.world.clock.sleep(3600)
    assert (len(news), calls) == (1, 1)
    installation.settings = {}
    assert installation.refresh(manual=True).is_complete  # the key is a new one
    installation.next_day()
    assert installation.refresh().is_complete


def test_an_endpoint_beyond_the_plan_leaves_the_others_open(installation: Installation) -> None:
    installation.hold(4)
    installation.settings = {
        "tm.failing": {"regime": lambda: CredentialError("not in plan", provider=TM)}
    }
    report = installation.refresh()
    assert [lost.job for lost in report.degradations] == ["regime"]
    installation.world.clock.sleep(3600 * 20)
    report = installation.refresh()
    assert installation.tm.calls == {"signals": 1}
    assert [lost.is_news for lost in report.degradations] == [False]


def test_a_sector_changes_only_when_two_weekly_readings_agree(installation: Installation) -> None:
    installation.hold(3)
    sectors = []
    for week in range(4):
        if week:
            installation.settings = {"cg.ai": ["coin-0", "coin-1"]}
        installation.refresh()
        sectors.append([market(installation).assets[f"coin-{n}"].sector for n in range(3)])
        installation.world.clock.sleep(7 * 86_400)
    assert sectors == [
        ["ai", "other", "ai"],
        ["ai", "other", "ai"],
        ["ai", "ai", "other"],
        ["ai", "ai", "other"],
    ]


@pytest.mark.parametrize("seed", range(3))
def test_repeated_and_shuffled_rows_change_nothing(installation: Installation, seed: int) -> None:
    installation.hold(8)
    installation.settings = {"cg.chance": random.Random(seed), "tm.chance": random.Random(seed)}  # noqa: S311
    installation.refresh()
    found = market(installation)
    assert {a: q.price for a, q in found.quotes.items()} == {
        f"coin-{n}": Decimal(10 + n) for n in range(8)
    }
    assert {(g.short, g.long, g.trend) for g in found.grades.values()} == {(60.0, 55.0, 1)}
    assert all(p.their_id == str(5000 + number_of(a)) for a, p in pairs(installation).items())


def test_a_row_that_names_another_asset_is_not_believed(installation: Installation) -> None:
    installation.hold(4)
    installation.refresh()
    installation.settings = {"tm.impostor": "5002"}
    installation.next_day()
    report = installation.refresh()
    assert report.unpaired == {"coin-2": "its signals are those of 'coin-99'"}
    assert "coin-2" not in report.graded
    assert market(installation).grades["coin-2"].short == 60.0  # the last good one


def test_late_rows_are_asked_for_three_times_and_no_more(installation: Installation) -> None:
    installation.hold(4)
    installation.settings = {"tm.late": True}
    asked = 0
    for _ in range(12):
        installation.refresh()
        asked += installation.tm.calls["signals"]
        installation.world.clock.sleep(3600)
    assert asked == 3
    installation.settings = {}
    installation.next_day()
    assert len(installation.refresh().graded) == 4


def test_no_call_is_made_inside_a_transaction(installation: Installation) -> None:
    inside: list[bool] = []

    def look() -> None:
        inside.append(installation.database.connection.in_transaction)

    installation.hold(8)
    installation.settings = {"cg.looks": look, "tm.looks": look}
    installation.refresh()
    installation.world.wrong["coin-1"] = 100
    installation.next_day()
    installation.refresh()
    assert installation.tm.calls["second_prices"] == 1
    assert len(inside) == 1 + 8 + 16 + 3 + 4
    assert not any(inside)


@pytest.mark.parametrize("kind", [ReplyError, UnreachableError])
@pytest.mark.parametrize("provider", ["cg", "tm"])
def test_hours_of_faults_cost_a_few_calls_and_an_answer_ends_the_pause(
    installation: Installation, provider: str, kind: type[ReplyError | UnreachableError]
) -> None:
    installation.hold(4)
    installation.refresh()
    installation.next_day(hours=4)
    methods = ("prices", "history", "members", "find", "tokens", "signals", "regime")
    fault = lambda: kind("nonsense", provider=CG if provider == "cg" else TM)  # noqa: E731
    installation.settings = {f"{provider}.failing": dict.fromkeys(methods, fault)}
    calls = 0
    for _ in range(16):
        installation.world.clock.sleep(901)
        assert not installation.refresh().is_complete
        calls += sum((installation.cg if provider == "cg" else installation.tm).calls.values())
    assert calls <= 10
    installation.settings = {}
    installation.world.clock.sleep(7200)
    assert installation.refresh().is_complete
    installation.world.clock.sleep(901)
    assert installation.refresh().is_complete


def test_one_job_of_nonsense_is_left_alone_and_the_others_go_on(
    installation: Installation,
) -> None:
    installation.hold(4)
    installation.refresh()
    installation.next_day(hours=4)
    broken = {"signals": lambda: ReplyError("nonsense", provider=TM)}
    installation.settings = {"tm.failing": broken}
    calls = 0
    for _ in range(12):
        installation.world.clock.sleep(901)
        assert len(installation.refresh().priced) == 4
        calls += installation.tm.calls["signals"]
    assert calls <= 8
