"""A check of a portfolio: what is news is written once, together with what is remembered."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from alerts.delivery.outbox import Outbox
from alerts.messages import Kind
from alerts.migrations import ALERTS
from alerts.preferences.store import PreferenceStore
from alerts.triggers.changes import drift_news
from alerts.triggers.state_store import AlertState
from portfolios.model.booking import book, changes_since
from portfolios.model.market import Market
from portfolios.model.plan import Finding, Plan, Scope, Zone
from portfolios.model.portfolio import AlertRule, Holding, Lock, LockKind, Portfolio
from portfolios.model.users import Person, Role
from portfolios.providers.sample.market import sample_market
from portfolios.store.database import open_database
from portfolios.store.migrations import PORTFOLIOS
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.monitoring.check import Checked, check
from rebalancer.usecases.monitoring.drift import drifts
from rebalancer.usecases.proposals.analysis import analyse, findings_of
from rebalancer.usecases.proposals.propose import propose
from rebalancer.usecases.proposals.status import open_plan

OWNER = Person("me", Role.OWNER, addresses={"telegram": "4711"})
STRANGER = Person("eve", Role.VIEWER, addresses={"telegram": "13"}, portfolios=("other",))
TARGETS = {"bitcoin": Decimal("0.6"), "uniswap": Decimal("0.2"), "usd-coin": Decimal("0.15")}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_database(tmp_path / "c.db", migrations=(PORTFOLIOS, ALERTS)) as database:
        yield Store(database)


@pytest.fixture(scope="module")
def market() -> Market:
    return sample_market()


def held(**changes: object) -> Portfolio:
    holdings = (
        Holding("bitcoin", Decimal("0.66")),
        Holding("uniswap", Decimal(2000)),
        Holding("usd-coin", Decimal(15_000)),
    )
    return replace(
        Portfolio("core", cash=Decimal(5_000), holdings=holdings, targets=TARGETS), **changes
    )


def later(market: Market, days: float, **changes: object) -> Market:
    """The same market some days on, every stamp with it."""
    by = timedelta(days=days)
    quotes = {a: replace(q, at=q.at + by) for a, q in market.quotes.items()}
    grades = {
        a: replace(
            g,
            short_at=g.short_at + by if g.short_at else None,
            long_at=g.long_at + by if g.long_at else None,
        )
        for a, g in market.grades.items()
    }
    moved = replace(market, as_of=market.as_of + by, quotes=quotes, grades=grades)
    return replace(moved, **changes)


def run(store: Store, portfolio: Portfolio, market: Market, *, plan: Plan | None = None) -> Checked:
    store.save_portfolio(portfolio, at=market.as_of)
    return look(store, portfolio, market, plan=plan)


def look(store: Store, portfolio: Portfolio, market: Market, *, plan: Plan | None) -> Checked:
    analysis = analyse(portfolio, market)
    return check(
        store, analysis, findings=findings_of(analysis), plan=plan,
        people=(OWNER, STRANGER), now=market.as_of,
    )  # fmt: skip


def kinds(checked: Checked) -> list[Kind]:
    return [message.kind for message in checked.messages]


def test_the_first_look_is_a_snapshot(store: Store, market: Market) -> None:
    assert kinds(run(store, held(), market)) == []
    assert AlertState(store.database, "core").conditions()


def test_a_red_zone_is_told_at_once_to_those_it_concerns(store: Store, market: Market) -> None:
    run(store, held(), market)
    crash = dict(market.quotes)
    crash["uniswap"] = replace(crash["uniswap"], price=crash["uniswap"].price / 3)
    after = later(replace(market, quotes=crash), 1)
    told = run(store, held(), after)
    assert kinds(told)[0] is Kind.ZONE_RED
    assert told.messages[0].zone is Zone.RED
    assert "UNI" in told.messages[0].headline
    assert {d.person for d in Outbox(store.database).find()} == {"me"}
    assert run(store, held(), after).deliveries == 0


def test_a_rule_a_signal_a_grade_and_an_unlock_are_told_once(store: Store, market: Market) -> None:
    until = (market.as_of + timedelta(days=6)).date()
    locked = Holding("uniswap", Decimal(2000), locks=(Lock(LockKind.FROZEN, until, "staked"),))
    mine = held(alerts=(AlertRule("price bitcoin > 1"),))
    mine = replace(mine, holdings=(mine.holdings[0], locked, mine.holdings[2]))
    first = run(store, mine, market)
    assert kinds(first) == [Kind.RULE, Kind.UNLOCK]
    grades = dict(market.grades)
    grades["bitcoin"] = replace(
        grades["bitcoin"], trend=-1, lasting_bearish=True, signal=-1, short=5.0
    )
    second = run(store, mine, later(replace(market, grades=grades), 1))
    assert {Kind.SIGNAL, Kind.GRADE} <= set(kinds(second))
    (signal,) = [m for m in second.messages if m.kind is Kind.SIGNAL]
    assert signal.headline == "SAMPLE core: BTC turned bearish"
    third = run(store, mine, later(replace(market, grades=grades), 1))
    assert not {Kind.RULE, Kind.SIGNAL, Kind.GRADE, Kind.UNLOCK} & set(kinds(third))


def test_what_can_wait_is_held_back_for_the_digest(store: Store, market: Market) -> None:
    run(store, held(), market)
    grades = dict(market.grades)
    grades["bitcoin"] = replace(grades["bitcoin"], short=5.0)
    run(store, held(), later(replace(market, grades=grades), 1))
    (waiting,) = PreferenceStore(store.database).held_back("me", "telegram")
    assert waiting.kind is Kind.GRADE


def test_a_proposal_is_told_when_it_differs_or_after_a_week(store: Store, market: Market) -> None:
    off = held(holdings=(Holding("bitcoin", Decimal(2)),))
    told = []
    for days in (0, 1, 8):
        at = later(market, days)
        told.append(kinds(run(store, off, at, plan=propose(analyse(off, at)).plan)))
    assert [Kind.PROPOSAL in each for each in told] == [True, False, True]
    assert len(store.plans("core")) == 2  # what nobody hears of is not kept


def test_a_proposal_that_starts_from_other_holdings_takes_the_place_of_the_open_one(
    store: Store, market: Market
) -> None:
    told, at = [], market.as_of + timedelta(hours=1)
    for bitcoins in ("2", "2", "2.1"):
        off = held(holdings=(Holding("bitcoin", Decimal(bitcoins)),))
        plan = propose(analyse(off, market)).plan
        told.append(Kind.PROPOSAL in kinds(run(store, off, market, plan=plan)))
        opened = open_plan(store, "core", now=at)
        assert opened is not None
        assert not changes_since(opened, off)
    assert told == [True, False, True]


def test_a_proposal_is_told_again_once_the_clock_was_set_back(store: Store, market: Market) -> None:
    off = held(holdings=(Holding("bitcoin", Decimal(2)),))
    for days in (8, 0):
        at = later(market, days)
        assert Kind.PROPOSAL in kinds(run(store, off, at, plan=propose(analyse(off, at)).plan))


def test_a_withheld_proposal_is_told_once_a_day(store: Store, market: Market) -> None:
    doubtful = dict(market.quotes)
    doubtful["bitcoin"] = replace(doubtful["bitcoin"], quarantined="it jumped")
    broken = replace(market, quotes=doubtful)
    plan = propose(analyse(held(), broken)).plan
    first = run(store, held(), broken, plan=plan)
    assert kinds(first) == [Kind.DATA]
    assert "it jumped" in first.messages[0].blocks[0].text
    again = replace(broken, as_of=broken.as_of + timedelta(hours=2))
    assert run(store, held(), again, plan=propose(analyse(held(), again)).plan).deliveries == 0


def test_what_was_booked_while_a_proposal_was_made_is_not_proposed(
    store: Store, market: Market
) -> None:
    off = held(holdings=(Holding("bitcoin", Decimal(2)),))
    plan = propose(analyse(off, market)).plan
    assert plan.trades
    store.save_portfolio(book(plan, off), at=market.as_of)
    assert Kind.PROPOSAL not in kinds(look(store, off, market, plan=plan))
    assert open_plan(store, "core", now=market.as_of) is None
    assert store.plans() == ()
    store.remove_portfolio("core")
    assert Kind.PROPOSAL not in kinds(look(store, off, market, plan=plan))
    assert Kind.PROPOSAL in kinds(run(store, off, market, plan=plan))


def test_a_failure_while_writing_leaves_nothing_half_done(store: Store, market: Market) -> None:
    off = held(holdings=(Holding("bitcoin", Decimal(2)),), alerts=(AlertRule("value > 1"),))
    twice = replace(propose(analyse(off, market)).plan, reason="another plan of the same id")
    store.save_plan(propose(analyse(off, market)).plan, at=market.as_of)
    with pytest.raises(Exception, match="stored already"):
        run(store, off, market, plan=twice)
    assert AlertState(store.database, "core").conditions() == ()
    assert Outbox(store.database).find() == ()


@pytest.mark.parametrize("days", [pytest.param(12), pytest.param(90, marks=pytest.mark.campaign)])
def test_noisy_days_are_at_most_one_message_a_day(store: Store, market: Market, days: int) -> None:
    """Prices swing by a tenth from day to day; a person with the defaults is not flooded."""
    sound = 0
    for day in range(days):
        swing = Decimal(1) + Decimal((day * 37) % 21 - 10) / 100
        quotes = {a: replace(q, price=q.price * swing) for a, q in market.quotes.items()}
        at = later(replace(market, quotes=quotes), day)
        sound += run(store, held(), at).deliveries
    print(f"{sound} messages in {days} days")
    assert sound <= days


def test_twenty_holdings_that_flap_all_hour_are_a_dozen_messages_at_most(
    store: Store, market: Market
) -> None:
    names = [f"coin-{n}" for n in range(20)]
    mine = held(holdings=tuple(Holding(name, Decimal(1000)) for name in names), targets=None)
    chance = random.Random(5)  # noqa: S311

    def finding(name: str) -> Finding:
        value = chance.choice((0.0, 0.05))
        zone = Zone.RED if value else Zone.GREEN
        return Finding(Scope.ASSET, name, "depeg", "H8", zone, value, 0.005, 0.01, "it flaps")

    quotes = {n: replace(market.quotes["usd-coin"]) for n in names}
    assets = {n: replace(market.assets["usd-coin"], asset_id=n) for n in names}
    world = replace(market, quotes=quotes, assets=assets)
    analysis = analyse(mine, world)
    messages = 0
    for second in range(0, 3600, 12):
        at = replace(world, as_of=market.as_of + timedelta(seconds=second))
        told = check(
            store, replace(analysis, market=at), findings=[finding(n) for n in names], plan=None,
            people=(OWNER,), now=at.as_of,
        )  # fmt: skip
        messages += len([m for m in told.messages if m.kind is Kind.ZONE_RED])
    assert 1 <= messages <= 12
    assert {t.zone for t in AlertState(store.database, "core").told()} == {Zone.RED}


def test_a_holding_that_leaves_its_band_is_told_once_until_it_is_back(
    store: Store, market: Market
) -> None:
    told = []
    for days, outside in enumerate(({"bitcoin": "BTC 70% against 60%"},) * 2 + ({},) * 2):
        at = later(market, days)
        analysis = analyse(held(), at)
        checked = check(
            store, analysis, findings=findings_of(analysis), plan=None, people=(OWNER,),
            now=at.as_of, outside=outside,
        )  # fmt: skip
        told.append([m.headline for m in checked.messages if m.kind is Kind.DRIFT])
    assert told == [["SAMPLE core: BTC 70% against 60%"], [], [], []]
    at = later(market, 9)
    again = check(
        store, analyse(held(), at), findings=[], plan=None, people=(OWNER,), now=at.as_of,
        outside={"bitcoin": "BTC 71% against 60%"},
    )  # fmt: skip
    assert [m.kind for m in again.messages] == [Kind.DRIFT]


def test_other_news_at_the_same_prices_is_told_too(store: Store, market: Market) -> None:
    store.save_portfolio(held(), at=market.as_of)
    told = []
    for outside in ({"bitcoin": "BTC 70% against 60%"}, {"uniswap": "UNI 9% against 20%"}):
        analysis = analyse(held(), market)
        checked = check(
            store, analysis, findings=[], plan=None, people=(OWNER,), now=market.as_of,
            outside=outside,
        )  # fmt: skip
        told += [m.key for m in checked.messages if m.kind is Kind.DRIFT]
    assert len(set(told)) == 2


def test_who_does_not_know_the_drift_changes_nothing_of_it(store: Store, market: Market) -> None:
    told, analysis = [], analyse(held(), market)
    outside = {"bitcoin": "BTC 70% against 60%"}
    for each in (outside, None, outside):
        checked = check(
            store, analysis, findings=[], plan=None, people=(OWNER,), now=market.as_of,
            outside=each,
        )  # fmt: skip
        told.append(len([m for m in checked.messages if m.kind is Kind.DRIFT]))
    assert told == [1, 0, 0]


def test_zones_and_own_rules_are_judged_by_the_valuation_of_the_analysis(
    store: Store, market: Market
) -> None:
    richer = held(alerts=(AlertRule("value > 1000000"),))
    store.save_portfolio(richer, at=market.as_of)
    analysis = analyse(richer, market)
    rich = replace(analysis, valuation=replace(analysis.valuation, cash=Decimal(2_000_000)))
    told = [
        check(store, each, findings=[], plan=None, people=(OWNER,), now=market.as_of).messages
        for each in (analysis, rich)
    ]
    assert [[m.kind for m in messages] for messages in told] == [[], [Kind.RULE]]


def test_drift_is_known_of_what_is_outside_its_band_only(market: Market) -> None:
    off = held(holdings=(Holding("bitcoin", Decimal(2)), Holding("uniswap", Decimal(4000))))
    few, many = drifts(analyse(held(), market)), drifts(analyse(off, market))
    assert few is not None
    assert many is not None
    assert set(few) < set(many)
    assert all("against" in text for text in many.values())
    old = replace(market.quotes["bitcoin"], at=market.as_of - timedelta(days=6))
    doubted = replace(market, quotes={**market.quotes, "bitcoin": old})
    unknown = drifts(analyse(off, doubted))
    marks = drift_news(many, {}).marks
    assert marks
    assert unknown is None
    assert drift_news(unknown, marks).marks == {}
