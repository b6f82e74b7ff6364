"""Why an asset is not traded: the reason is the one that a plan bears out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from portfolios.errors import NotFoundError
from portfolios.model.market import Market
from portfolios.model.plan import Plan, PlanPosition
from portfolios.model.policy import Mode, Signals
from portfolios.model.portfolio import Lock, LockKind, Portfolio
from portfolios.providers.sample.market import sample_market
from rebalancer.usecases.explanations.explanation import OTHERWISE_NOW, explain_plan
from rebalancer.usecases.explanations.why_untraded import positions_named, trade_of, why_untraded
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from tests.rebalancer.decision.example_portfolios import book, cap, ignoring

MARKET = sample_market()
HELD = {"bitcoin": 0.5, "ethereum": 0.2, "uniswap": 0.1}


def why(portfolio: Portfolio, asset: str, market: Market = MARKET) -> str:
    plan = propose(analyse(portfolio, market)).plan
    (position,) = positions_named(plan, asset)
    assert trade_of(plan, position.asset_id) is None
    return why_untraded(plan, position, signals=portfolio.policy.signals_in_force)


def test_a_lock_is_the_reason_where_it_forbids_what_would_be_done() -> None:
    targets = {"bitcoin": 0.3, "ethereum": 0.2, "uniswap": 0.1}
    frozen = book(MARKET, HELD, targets=targets, frozen=("bitcoin",))
    assert why(frozen, "bitcoin") == "it is locked: frozen (staked)"


def test_a_lock_that_forbids_something_else_is_not_the_reason() -> None:
    plan = propose(analyse(book(MARKET, HELD), MARKET)).plan
    over = replace(_position(plan, "ethereum"), lock="no_buy", target_weight=0.1)
    under = replace(over, target_weight=0.3)
    assert why_untraded(plan, under) == "it is locked: may not be bought"
    assert "locked" not in why_untraded(plan, over)
    part = replace(over, lock="part no_sell until 2027-01-01 (no_buy is no lock here)")
    assert why_untraded(plan, part) == (
        "it is locked: part may not be sold until 2027-01-01 (no_buy is no lock here)"
    )


def test_what_has_no_price_counts_for_nothing() -> None:
    unpriced = replace(MARKET, quotes={a: q for a, q in MARKET.quotes.items() if a != "uniswap"})
    assert "no price" in why(book(MARKET, HELD), "uniswap", unpriced)
    plan = propose(analyse(book(MARKET, HELD), MARKET)).plan
    doubted = replace(_position(plan, "uniswap"), value=Decimal(0))
    assert "too old or in doubt" in why_untraded(plan, doubted)
    old = replace(_position(plan, "uniswap"), doubt="price is 4 days old")
    assert why_untraded(plan, old) == "price is 4 days old, so it is not traded"


def test_where_nothing_is_proposed_at_all_that_is_the_reason() -> None:
    quote = MARKET.quotes["uniswap"]
    old = replace(quote, at=quote.at - timedelta(days=4))
    stale = replace(MARKET, quotes={**MARKET.quotes, "uniswap": old})
    assert why(book(MARKET, HELD), "BTC", stale).startswith("nothing is proposed at all: UNI")


def test_what_is_bearish_is_not_added_to_where_signals_trim() -> None:
    grades = MARKET.grades
    bearish = {**grades, "uniswap": replace(grades["uniswap"], trend=-1, lasting_bearish=True)}
    market = replace(MARKET, grades=bearish)
    targets = {"bitcoin": 0.5, "ethereum": 0.2, "uniswap": 0.14}
    mine = book(MARKET, HELD, targets=targets, policy=ignoring(signals=Signals.TRIM))
    assert why(mine, "uniswap", market) == (
        "its trend is bearish, and what is bearish is not added to"
    )
    plan = propose(analyse(mine, market)).plan
    ignored = why_untraded(plan, _position(plan, "uniswap"), signals=Signals.IGNORE)
    assert "bearish" not in ignored


def test_a_mode_that_sells_nothing_is_the_reason_for_what_is_over() -> None:
    targets = {"bitcoin": 0.3, "ethereum": 0.2, "uniswap": 0.1}
    mine = book(MARKET, HELD, targets=targets, policy=ignoring(mode=Mode.CASH_FLOW))
    assert why(mine, "bitcoin") == (
        "it stands at 50.0% where 30.0% is wanted, but mode cash_flow sells nothing for that"
    )


def test_a_limit_that_leaves_less_than_is_wanted_is_named() -> None:
    policy = ignoring(assets=cap(bitcoin=0.5))
    mine = book(MARKET, HELD, targets={**HELD, "bitcoin": 0.6}, policy=policy)
    said = why(mine, "bitcoin")
    assert "of which limits, locks and signals leave 47.5%" in said


def test_turnover_that_went_elsewhere_is_named() -> None:
    targets = {"bitcoin": 0.1, "ethereum": 0.24, "uniswap": 0.1}
    mine = book(MARKET, HELD, targets=targets, policy=ignoring(turnover=Decimal("0.05")))
    assert "the turnover limit of 5% went to what matters more" in why(mine, "ethereum")


def test_what_stands_where_it_is_wanted_stays() -> None:
    assert why(book(MARKET, HELD, targets=HELD), "UNI") == (
        "it stands where it is wanted, at 10.0%"
    )


def test_a_little_away_it_is_not_worth_its_cost() -> None:
    mine = book(MARKET, HELD, targets={**HELD, "uniswap": 0.104})
    assert why(mine, "uniswap") == (
        "it stands at 10.0% where 10.4% is wanted, and moving it is not worth its cost"
    )


def test_a_candidate_that_nothing_speaks_for_is_called_one() -> None:
    mine = book(MARKET, HELD, targets=HELD, policy=ignoring(candidates=("solana",)))
    assert "candidate only" in why(mine, "solana")


def test_every_position_of_a_plan_is_explained() -> None:
    mine = book(MARKET, HELD, targets={**HELD, "ethereum": 0.3})
    plan = propose(analyse(mine, MARKET)).plan
    whole = explain_plan(plan, portfolio=mine, market=MARKET)
    told = {story.position.asset_id for story in whole.stories}
    assert told | {t.asset_id for t in plan.trades} == {p.asset_id for p in plan.positions}
    assert all(story.why for story in whole.stories)


def test_an_asset_is_found_by_id_before_symbol_and_a_strange_one_is_refused() -> None:
    plan = propose(analyse(book(MARKET, HELD), MARKET)).plan
    twin = replace(_position(plan, "ethereum"), symbol="BITCOIN")
    twice = replace(plan, positions=(*plan.positions, twin))
    assert [p.asset_id for p in positions_named(twice, "Bitcoin")] == ["bitcoin"]
    both = replace(plan, positions=tuple(replace(p, symbol="X") for p in plan.positions))
    assert len(positions_named(both, "x")) == len(plan.positions)
    with pytest.raises(NotFoundError, match="neither holds nor wants nix"):
        explain_plan(plan, "nix", portfolio=None, market=None)


def test_what_would_end_a_trade_is_told_only_in_the_world_of_its_plan() -> None:
    mine = book(MARKET, HELD, targets={**HELD, "bitcoin": 0.4})
    plan = propose(analyse(mine, MARKET)).plan
    later = replace(MARKET, as_of=MARKET.as_of + timedelta(hours=1))
    locked = replace(
        mine, holdings=tuple(replace(h, locks=(Lock(LockKind.FROZEN),)) for h in mine.holdings)
    )
    for portfolio, market in ((None, MARKET), (mine, None), (mine, later), (locked, MARKET)):
        (story,) = explain_plan(plan, "bitcoin", portfolio=portfolio, market=market).stories
        assert story.trade is not None
        assert story.left_out == OTHERWISE_NOW
    (known,) = explain_plan(plan, "bitcoin", portfolio=mine, market=MARKET).stories
    assert known.left_out == ""
    assert known.tippings


def _position(plan: Plan, asset_id: str) -> PlanPosition:
    return next(p for p in plan.positions if p.asset_id == asset_id)
