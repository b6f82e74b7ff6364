"""The refresh over HTTP against both stand-ins, under each way in which they are awkward."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import stamina

from portfolios.marketdata.coin_list import known_assets
from portfolios.marketdata.fetch_log import FetchLog
from portfolios.marketdata.index_targets import index_targets, with_targets
from portfolios.model.assets import CASH
from portfolios.model.market import Market
from portfolios.model.portfolio import Portfolio
from portfolios.providers.quota.quota import CreditPlan
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from rebalancer.usecases.refresh.report import Loss, RefreshReport
from tests.rebalancer.usecases.refresh.live_installation import LiveInstallation, installation
from tests.standins.coingecko import CoinGeckoSwitches
from tests.standins.server import CG, TM, Standin
from tests.standins.tokenmetrics import TokenMetricsSwitches
from tests.standins.world import World

HELD = ("bitcoin", "ethereum", "solana", "dogecoin", "usd-coin", "cat-3", "pan-1", "uniswap")
GRADED = tuple(coin for coin in HELD if coin != "usd-coin")


@pytest.fixture(autouse=True)
def _no_waits() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


def standin(
    size: int = 60,
    *,
    coingecko: CoinGeckoSwitches | None = None,
    tokenmetrics: TokenMetricsSwitches | None = None,
) -> Standin:
    return Standin(world=World(size=size), coingecko=coingecko, tokenmetrics=tokenmetrics)


def assert_true_prices(at: LiveInstallation, market: Market) -> None:
    for coin_id in HELD:
        told = at.world.price(at.world.by_id[coin_id])
        assert market.quotes[coin_id].price == Decimal(str(told))
        assert not market.quotes[coin_id].quarantined


def assert_true_grades(at: LiveInstallation, market: Market, *, expected: tuple[str, ...]) -> None:
    """Every grade is that of its own token and kind, on the last finished day; or ours."""
    day = (at.world.now - timedelta(hours=3)).date() - timedelta(days=1)
    for coin_id in expected:
        coin, grade = at.world.by_id[coin_id], market.grades[coin_id]
        assert grade.source == TM, coin_id
        truth = at.world.grades(coin, day)
        assert grade.short in (truth["trader"], None)
        assert grade.long in (truth["investor"], truth["fundamental"], None)
        assert grade.trend == at.world.trend(coin, day)


TM_SWITCHES: list[tuple[str, object]] = [
    ("not_found", "404"),
    ("not_found", "success-false-200"),
    ("unknown_params", "400"),
    ("bad_limit", "clamp"),
    ("page_zero", "400"),
    ("range_over_29d", "truncate"),
    ("daily_date_key", "TIMESTAMP"),
    ("date_style", "plain"),
    ("numbers_as_strings", "none"),
    ("numbers_as_strings", "all"),
    ("tm_grade_generation", "early"),
    ("today_available", "true"),
    ("legacy_grades", "404"),
    ("legacy_grades", "403"),
    ("forbidden", "market-metrics+quantmetrics+ai-reports"),
]


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize(("name", "value"), [("auth_headers", "x-api-key"), *TM_SWITCHES])
def test_grades_are_true_under_each_switch(
    tmp_path: Path, name: str, value: Any, version: str
) -> None:
    switches = replace(TokenMetricsSwitches(), **{name: value})
    with installation(tmp_path, standin(tokenmetrics=switches), version=version) as at:
        at.hold(HELD)
        first = at.refresh()
        at.next_day()
        second = at.refresh()
        market = at.market()
        assert_true_prices(at, market)
        assert_true_grades(at, market, expected=GRADED)
        assert at.count_bad() == 0
        for loss in (*first.degradations, *second.degradations):
            assert name == "forbidden"
            assert loss.loss is Loss.CREDENTIAL
            assert loss.text


CG_SWITCHES: list[tuple[str, object]] = [
    ("plan", "demo"),
    ("plan", "pro"),
    ("over_page", "400"),
    ("unknown_category", "404"),
    ("credits_on", "always"),
    ("caches", False),
    *[("rate_body", body) for body in ("flat", "status", "nested", "text", "html")],
    ("retry_after", False),
]


@pytest.mark.parametrize(("name", "value"), CG_SWITCHES)
def test_prices_are_true_under_each_switch(tmp_path: Path, name: str, value: Any) -> None:
    # Every eighth call of a minute is refused where the refusals themselves are looked at.
    is_rate = name in ("rate_body", "retry_after")
    switches = replace(CoinGeckoSwitches(), **{name: value, "per_minute": 25 if is_rate else None})
    plan = value if name == "plan" else "keyless"
    with installation(tmp_path, standin(coingecko=switches), has_key=False, plan=plan) as at:
        at.hold(HELD)
        at.refresh()
        at.next_day()
        report = at.refresh()
        assert_true_prices(at, at.market())
        assert all(grade.is_ours for grade in at.market().grades.values())
        if not is_rate:
            assert report.is_complete


FAULTS = [
    "truncated",
    "html",
    "empty",
    "null",
    "object",
    "list",
    "nan",
    "vast",
    "bomb",
    "reset",
    "status",
]


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an installation that has pulled everything once."""
    folder = tmp_path_factory.mktemp("refreshed")
    with installation(folder, standin()) as at:
        at.hold(HELD)
        assert at.refresh().is_complete
        return at.database.path


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("provider", [CG, TM])
def test_a_fault_of_a_whole_day_is_typed_and_the_last_good_data_stay(
    tmp_path: Path, refreshed: Path, provider: str, kind: str
) -> None:
    shutil.copy(refreshed, tmp_path)
    with installation(tmp_path, standin()) as at:
        before = at.market()
        at.next_day()
        at.standin.fault(kind, provider=provider, count=10_000)
        report = at.refresh()
        after = at.market()
    assert {loss.provider for loss in report.degradations} == {provider}
    assert {loss.loss for loss in report.degradations} <= {Loss.REPLY, Loss.UNREACHABLE}
    if provider == CG:
        assert after.quotes == before.quotes
    else:
        ours = {a: g for a, g in before.grades.items() if not g.is_ours}
        assert {a: g for a, g in after.grades.items() if not g.is_ours} == ours


def test_the_cost_does_not_grow_with_the_number_of_users(tmp_path: Path) -> None:
    counts = []
    for users in (1, 100):
        (tmp_path / str(users)).mkdir()
        with installation(tmp_path / str(users), standin()) as at:
            at.hold(HELD, users=users)
            days = []
            for _ in range(2):
                at.refresh()
                days.append((at.standin.count(CG), at.standin.count(TM)))
                at.next_day()
            counts.append(days)
    assert counts[0] == counts[1]


def test_a_shared_symbol_never_brings_another_coins_grades(tmp_path: Path) -> None:
    held = [f"cat-{i}" for i in range(6)] + ["batcat", "bitcoin", "ethereum-wannabe", "pan-0"]
    with installation(tmp_path, standin()) as at:
        at.hold(held)
        at.refresh()
        market = at.market()
        day = at.world.now.date() - timedelta(days=1)
        for coin_id in held:
            truth = at.world.grades(at.world.by_id[coin_id], day)
            assert market.grades[coin_id].short == truth["trader"]


def test_a_symbol_in_a_file_means_the_large_coin_and_others_are_asked_about(tmp_path: Path) -> None:
    with installation(tmp_path, standin()) as at:
        at.refresh()
        index = known_assets(at.database, currency="usd")
    bitcoin = index.resolve("BTC")
    assert bitcoin is not None
    assert bitcoin.asset_id == "bitcoin"
    with pytest.raises(Exception, match="names 6 assets"):
        index.resolve("CAT")


@pytest.mark.parametrize("coin_id", ["delisted", "never-heard-of"])
def test_a_coin_without_a_price_is_unknown_and_does_not_stop_the_rest(
    tmp_path: Path, coin_id: str
) -> None:
    with installation(tmp_path, standin()) as at:
        at.hold([*HELD, coin_id])
        assert at.refresh().unanswered == (coin_id,)
        at.sleep(3600)
        report = at.refresh()
        market = at.market()
        plan = propose(analyse(Store(at.database).load_portfolio("p0"), market)).plan
    assert report.unknown == (coin_id,)
    assert coin_id not in market.quotes
    assert plan.decision.value != "withheld"
    assert all(trade.asset_id != coin_id for trade in plan.trades)


def test_a_coin_that_is_listed_without_a_price_withholds_and_is_named(tmp_path: Path) -> None:
    with installation(tmp_path, standin(), has_key=False) as at:
        at.hold([*HELD, "no-price"])
        report = at.refresh()
        plan = propose(analyse(Store(at.database).load_portfolio("p0"), at.market())).plan
        at.sleep(901)
        assert at.refresh().unanswered == ("no-price",)  # and it is asked for again
    assert (report.unknown, report.unanswered) == ((), ("no-price",))
    assert plan.decision.value == "withheld"


def test_our_own_grades_leave_out_what_follows_another_price(tmp_path: Path) -> None:
    with installation(tmp_path, standin(), has_key=False) as at:
        at.hold([*HELD, "staked-ether", "tether"])
        at.refresh()
        ours = set(at.market().grades)
    assert ours == set(HELD) - {"usd-coin"}


def test_what_was_never_pulled_withholds_the_plan(tmp_path: Path) -> None:
    with installation(tmp_path, standin()) as at:
        at.hold(HELD)
        at.refresh()
        held = Store(at.database).load_portfolio("p0").holdings
        added = Portfolio("late", holdings=(*held, replace(held[0], asset_id="stellar")))
        plan = propose(analyse(added, at.market())).plan
    assert plan.decision.value == "withheld"
    assert "no price pulled yet" in plan.reason


def test_a_shock_withholds_until_the_second_source_confirms_it(tmp_path: Path) -> None:
    with installation(tmp_path, standin()) as at:
        at.hold(HELD)
        at.refresh()
        at.next_day()
        at.world.shocks["ethereum"] = 3.0
        at.standin.fault("status", provider=TM, endpoint="price", count=100)
        report = at.refresh()
        assert list(report.quarantined) == ["ethereum"]
        plan = propose(analyse(Store(at.database).load_portfolio("p0"), at.market())).plan
        assert plan.decision.value == "withheld"
        at.standin.faults.clear()
        at.sleep(3600)
        assert at.refresh().quarantined == {}
        assert_true_prices(at, at.market())


def test_where_one_provider_has_no_history_the_other_is_asked(tmp_path: Path) -> None:
    with installation(tmp_path, standin()) as at:
        at.hold(["bitcoin", "solana"])
        at.standin.fault("object", provider=CG, endpoint="market_chart", count=2)
        at.refresh()  # the pairs are known after it, and no history
        assert at.market().bars.columns(["solana"]).close.size == 1
        at.standin.coingecko.switches = replace(at.standin.coingecko.switches, has_history=False)
        at.next_day()
        at.refresh()
        closes = at.market().bars.columns(["bitcoin", "solana"]).close
    assert at.standin.count(TM, "daily-ohlcv") == 13
    assert (~np.isnan(closes)).sum(axis=0).max() > 360


def test_a_category_that_is_gone_is_not_asked_for(tmp_path: Path) -> None:
    with installation(tmp_path, standin()) as at:
        at.hold(HELD)
        at.refresh()
        asked = {call.query["category"] for call in at.standin.calls if "category" in call.query}
    known = {name for coin in at.world.coins for name in coin.categories}
    assert asked
    assert asked <= known


def test_an_index_that_is_followed_supplies_the_targets(tmp_path: Path) -> None:
    with installation(tmp_path, standin()) as at:
        store = Store(at.database)
        for name, index in (("percent", "5"), ("shares", "7")):
            follower = Portfolio(name, cash=Decimal(1000), targets_from=f"tokenmetrics:{index}")
            store.save_portfolio(follower, at=at.world.now)
        at.refresh()
        for name, index in (("percent", "5"), ("shares", "7")):
            targets = index_targets(at.database, f"tokenmetrics:{index}")
            assert targets is not None
            assert sum(targets.values()) == 1
            follower = with_targets(store.load_portfolio(name), at.database)
            plan = propose(analyse(follower, at.market())).plan
            assert {trade.asset_id for trade in plan.trades} <= set(targets) - {CASH}
            assert plan.trades


def test_what_reports_need_is_kept_weekly(tmp_path: Path) -> None:
    with installation(tmp_path, standin()) as at:
        at.hold(HELD)
        at.refresh()
        asked = FetchLog(at.database)
        mood, reports = asked.response(TM, "sentiment"), asked.response(TM, "reports")
        figures = asked.response(TM, "risk figures")
    assert mood is not None
    assert reports is not None
    assert figures is not None
    assert mood.content["label"] == "positive"  # type: ignore[index]
    assert reports.content["bitcoin"] == "Bitcoin is what it was."  # type: ignore[index]
    assert figures.content["solana"]["max_drawdown"] == -0.9627  # type: ignore[index]


@pytest.mark.parametrize(
    ("switches", "loss"),
    [
        (TokenMetricsSwitches(per_month=3), Loss.RATE),
        (TokenMetricsSwitches(per_month=3, payment_mode="402"), Loss.QUOTA),
        (TokenMetricsSwitches(auth_headers="api_key"), Loss.CREDENTIAL),
    ],
)
def test_a_refused_key_and_a_spent_quota_are_told_once_a_day(
    tmp_path: Path, switches: TokenMetricsSwitches, loss: Loss
) -> None:
    with installation(tmp_path, standin(tokenmetrics=switches)) as at:
        at.hold(HELD)
        first, asked = at.refresh(), at.standin.count(TM)
        at.sleep(1800)
        second = at.refresh()
        assert [d.loss for d in first.degradations] == [loss]
        assert first.degradations[0].is_news
        assert not any(d.is_news for d in second.degradations)
        assert at.standin.count(TM) == asked
        assert set(first.priced) == set(HELD)


def test_the_small_plan_is_never_exceeded_whatever_the_provider_counts(tmp_path: Path) -> None:
    switches = TokenMetricsSwitches(per_minute=1, per_month=50)
    plans = {TM: CreditPlan(per_minute=1, monthly=50)}
    with installation(tmp_path, standin(tokenmetrics=switches), plans=plans) as at:
        at.hold(HELD)
        reports: list[RefreshReport] = []
        while at.world.now.month == 11:
            reports.append(at.refresh())
            at.next_day()
        assert at.standin.tokenmetrics.pace.spent <= 50
        assert all(call.status == 200 for call in at.standin.calls if call.provider == TM)
    assert {report.profile for report in reports} == {"lean"}
    assert all(report.is_complete for report in reports)


def test_the_credits_of_a_week_stay_low(tmp_path: Path) -> None:
    with installation(tmp_path, standin(size=120)) as at:
        at.hold([coin.coin_id for coin in at.world.coins if coin.has_price][:100])
        spent, days = 0, []
        for _ in range(7):
            at.refresh()
            days.append(at.standin.count(TM) - spent)
            spent += days[-1]
            at.next_day()
    assert sum(days) / 7 <= 4
    assert max(days) <= 8
