"""Limits, bands, turnover and the smallest trade each mean one thing, whoever asks."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from portfolios.model.market import Market
from portfolios.model.measures import portfolio_volatility
from portfolios.model.plan import Decision, Plan, ReasonKind, Side, Zone
from portfolios.model.policy import Freed, LimitUse, Mode, Policy, Profile, Signals
from portfolios.model.portfolio import Lock, LockKind, Portfolio
from portfolios.providers.sample.market import sample_market
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from tests.rebalancer.decision.example_portfolios import (
    applied,
    book,
    cap,
    ignoring,
    sides,
    weight,
)

BTC, ETH, SOL, UNI, USDC, DOGE, LINK = (
    "bitcoin", "ethereum", "solana", "uniswap", "usd-coin", "dogecoin", "chainlink",
)  # fmt: skip


@pytest.fixture(scope="module")
def market() -> Market:
    return sample_market()


def plan_of(portfolio: Portfolio, market: Market, *, flow: int = 0) -> Plan:
    return propose(analyse(portfolio, market, flow=Decimal(flow))).plan


def moved(market: Market, asset_id: str, by: str) -> Market:
    """The market with one price changed."""
    quote = market.quotes[asset_id]
    new = replace(quote, price=quote.price * Decimal(by))
    return replace(market, quotes={**market.quotes, asset_id: new})


def sold(plan: Plan) -> float:
    return sum(p.weight - p.proposed_weight for p in plan.positions if p.proposed_weight < p.weight)


def limit_text(plan: Plan, name: str) -> str:
    return next(line.text for line in plan.limits if line.name == name)


# A default leaves room, a stated limit holds


@pytest.mark.parametrize("fee", [0.003, 0.2, 0.5])
def test_no_fee_outbids_a_stated_limit(market: Market, fee: float) -> None:
    policy = replace(ignoring(assets=cap(dogecoin=0.10)), fee=Decimal(str(fee)))
    held = {BTC: 0.5, DOGE: 0.16}
    plan = plan_of(book(market, held, targets=held, policy=policy), market)
    # a cap of 10% is mended to 8.75% of what is left once the costs are paid
    left = 1 - fee * (0.16 - weight(plan, DOGE))
    assert weight(plan, DOGE) == pytest.approx(0.0875 * left, abs=2e-4)


def test_a_target_a_little_above_a_default_cap_is_left_alone_until_its_band(market: Market) -> None:
    wish = {BTC: 0.5, LINK: 0.08}  # the default cap of chainlink is below its target
    mine = book(market, wish, targets=wish)
    assert plan_of(mine, moved(market, LINK, "1.01")).decision is Decision.HOLD
    assert plan_of(mine, moved(market, LINK, "1.2")).decision is Decision.HOLD
    assert sides(plan_of(mine, moved(market, LINK, "1.4"))) == {LINK: "sell"}


def test_a_stated_cap_is_kept_against_a_target_and_the_plan_aims_inside_it(market: Market) -> None:
    wish = {BTC: 0.5, LINK: 0.10}
    mine = book(market, wish, targets=wish, policy=ignoring(assets=cap(chainlink=0.10)))
    plan = plan_of(mine, market)
    (place,) = [p for p in plan.positions if p.asset_id == LINK]
    assert (place.target_weight, place.reference_weight) == (0.10, pytest.approx(0.0875))
    assert plan.decision is Decision.HOLD  # it stands at its cap, and not beyond it
    assert "aimed inside its limit of 10%: LINK at 8.8% for a target of 10.0%" in plan.warnings


def test_targets_that_one_limit_moves_are_said_together(market: Market) -> None:
    wish = {BTC: 0.5, ETH: 0.3, LINK: 0.1}
    mine = book(market, wish, targets=wish, policy=ignoring(sectors=cap(layer1=0.6)))
    (note,) = [text for text in plan_of(mine, market).warnings if text.startswith("aimed")]
    assert note == (
        "aimed inside the layer1 limit of 60%: BTC at 35.9% for a target of 50.0%,"
        " ETH at 21.6% for a target of 30.0%"
    )


def test_sales_come_before_purchases_and_the_largest_of_each_leads(market: Market) -> None:
    wish = {BTC: 0.3, ETH: 0.3, SOL: 0.1, UNI: 0.1, LINK: 0.1}
    held = {BTC: 0.45, ETH: 0.1, SOL: 0.25, UNI: 0.02, LINK: 0.05}
    plan = plan_of(book(market, held, targets=wish, policy=ignoring(turnover=Decimal(1))), market)
    sold = [t.notional for t in plan.trades if t.side is Side.SELL]
    bought = [t.notional for t in plan.trades if t.side is Side.BUY]
    assert [t.side for t in plan.trades] == [Side.SELL] * len(sold) + [Side.BUY] * len(bought)
    assert sold == sorted(sold, reverse=True)
    assert bought == sorted(bought, reverse=True)
    assert len(plan.trades) >= 3


@pytest.mark.parametrize("over", ["1.005", "1.02", "1.3"])
def test_a_broken_cap_is_mended_to_its_inner_edge_and_then_left_alone(
    market: Market, over: str
) -> None:
    wish = {BTC: 0.5, LINK: 0.10}
    mine = book(market, wish, targets=wish, policy=ignoring(assets=cap(chainlink=0.10)))
    later = moved(market, LINK, over)
    plan = propose(analyse(mine, later), requested=False).plan
    if over == "1.005":
        assert plan.decision is Decision.HOLD  # less than a tenth of a point beyond
        return
    assert sides(plan) == {LINK: "sell"}
    assert weight(plan, LINK) == pytest.approx(0.0875, abs=1e-4)
    again = applied(mine, plan)
    assert plan_of(again, later).decision is Decision.HOLD
    assert plan_of(again, moved(later, LINK, "1.01")).decision is Decision.HOLD


def test_a_list_of_coins_is_told_what_its_limits_would_take_and_nothing_is_sold(
    market: Market,
) -> None:
    policy = Policy(signals=Signals.IGNORE)
    mine = book(market, {BTC: 0.858, ETH: 0.142}, policy=policy)
    plan = plan_of(mine, market)
    assert plan.decision is Decision.HOLD
    (note,) = [text for text in plan.warnings if text.startswith("inside the balanced limits")]
    assert "sell about 0.3" in note
    assert 'write profile = "balanced"' in note
    assert any(f.zone is Zone.RED and f.subject == BTC for f in plan.zones)
    kept = replace(mine, policy=replace(policy, profile=Profile.BALANCED))
    assert BTC in sides(plan_of(kept, market))


@pytest.mark.parametrize("use", LimitUse)
def test_what_default_limits_do_can_be_said_outright(market: Market, use: LimitUse) -> None:
    policy = Policy(signals=Signals.IGNORE, limits=use)
    plan = plan_of(book(market, {BTC: 0.9}, policy=policy), market)
    assert (BTC in sides(plan)) is (use is LimitUse.ENFORCE)


def test_under_warnings_nothing_is_bought_above_a_default_cap(market: Market) -> None:
    policy = Policy(signals=Signals.IGNORE, limits=LimitUse.WARN)
    mine = book(market, {DOGE: 0.08, BTC: 0.5}, policy=policy)
    plan = plan_of(mine, market, flow=100_000)
    (doge,) = [p for p in plan.positions if p.asset_id == DOGE]
    assert doge.proposed_weight <= 0.05 + 1e-3


# Volatility


@pytest.mark.parametrize("most", ["0.08", "0.10", "0.15"])
def test_a_stated_volatility_is_kept_in_the_figure_that_is_shown(market: Market, most: str) -> None:
    policy = Policy(
        profile=Profile.CAUTIOUS, signals=Signals.IGNORE, max_volatility=Decimal(most),
        turnover=Decimal(1),
    )  # fmt: skip
    mine = book(market, {BTC: 0.4, ETH: 0.3, SOL: 0.2}, policy=policy)
    plan = plan_of(mine, market)
    after = applied(mine, plan)
    later = analyse(after, market)
    assert portfolio_volatility(later.w0, later.risk.covariance) <= float(most) + 1e-3
    assert not [f for f in plan.zones if f.code == "P4" and f.after not in (None, Zone.GREEN)]
    assert plan_of(after, market).decision is Decision.HOLD


# Turnover


def test_no_turnover_sells_nothing_though_a_deposit_stays_in_cash(market: Market) -> None:
    wish = {BTC: 0.3, ETH: 0.2}
    policy = ignoring(turnover=Decimal(0))
    mine = book(market, {BTC: 0.6, ETH: 0.3}, targets=wish, policy=policy)
    plan = plan_of(mine, market, flow=40_000)
    assert sold(plan) == 0
    assert plan.turnover == 0


def test_a_sale_of_two_fifths_is_a_turnover_of_two_fifths(market: Market) -> None:
    policy = ignoring(turnover=Decimal("0.5"), assets=cap(bitcoin=0.5))
    plan = plan_of(book(market, {BTC: 0.9}, policy=policy), market)
    assert sold(plan) == pytest.approx(0.425, abs=1e-3)
    assert plan.turnover == pytest.approx(0.425, abs=1e-3)


def test_a_plan_that_turnover_cuts_short_says_which_step_it_is(market: Market) -> None:
    policy = ignoring(turnover=Decimal("0.2"), assets=cap(bitcoin=0.3))
    plan = plan_of(book(market, {BTC: 0.9}, policy=policy), market)
    assert limit_text(plan, "turnover").startswith(
        "turnover is at its limit of 20% (step 1 of about 4)"
    )


def test_a_mode_that_sells_nothing_spends_no_cash_on_what_limits_would_free(
    market: Market,
) -> None:
    policy = ignoring(mode=Mode.CASH_FLOW, freed=Freed.SPREAD)
    book_now = book(market, {DOGE: 0.4, BTC: 0.15, ETH: 0.10}, policy=policy)
    before = book_now.cash
    for _ in range(6):
        plan = plan_of(book_now, market)
        book_now = applied(book_now, plan) if plan.trades else book_now
    assert book_now.cash == before


# The smallest trade


def test_a_holding_inside_its_band_is_not_sold_whole_since_a_trim_is_too_small(
    market: Market,
) -> None:
    policy = ignoring(min_trade=Decimal(260))
    wish = {BTC: 0.6, USDC: 0.10}
    held = {BTC: 0.6, USDC: 0.25}
    mine = book(market, held, targets=wish, policy=policy)
    small = replace(
        mine,
        cash=mine.cash / 100,
        holdings=tuple(replace(h, quantity=h.quantity / 100) for h in mine.holdings),
    )  # a book of $1,000: all of its USDC is below the minimum
    assert USDC not in sides(plan_of(small, market))


def test_a_book_of_a_few_dollars_trades_nothing(market: Market) -> None:
    held = {BTC: 0.5, ETH: 0.2, "arbitrum": 0.15}
    mine = book(market, held, targets={BTC: 0.9, ETH: 0.05})
    tiny = replace(
        mine,
        cash=mine.cash * Decimal("0.0000666"),
        holdings=tuple(
            replace(h, quantity=h.quantity * Decimal("0.0000666")) for h in mine.holdings
        ),
    )
    assert plan_of(tiny, market).decision is Decision.HOLD


def test_what_is_not_wanted_is_sold_whole_even_below_the_minimum(market: Market) -> None:
    policy = ignoring(min_trade=Decimal(5000))
    wish = {BTC: 0.7, ETH: 0.2}
    held = {BTC: 0.55, ETH: 0.25, UNI: 0.04}
    plan = plan_of(book(market, held, targets=wish, policy=policy), market)
    trade = next(t for t in plan.trades if t.asset_id == UNI)
    assert trade.side is Side.SELL
    assert weight(plan, UNI) == 0


def test_what_stands_a_little_over_its_aim_is_not_dumped_beside_a_large_breach(
    market: Market,
) -> None:
    policy = ignoring(assets=cap(bitcoin=0.5), min_trade=Decimal(9_000))
    wish = {BTC: 0.5, LINK: 0.075}
    plan = plan_of(book(market, {BTC: 0.71, LINK: 0.0805}, targets=wish, policy=policy), market)
    assert sides(plan) == {BTC: "sell"}


# What stays


def test_too_much_with_one_issuer_turns_stablecoins_into_cash_and_sells_no_coin(
    market: Market,
) -> None:
    policy = ignoring(cash_buffer=Decimal("0.2"))
    wish = {BTC: 0.5, ETH: 0.25, USDC: 0.25}
    plan = plan_of(book(market, wish, targets=wish, policy=policy), market)
    assert sides(plan) == {USDC: "sell"}


def test_with_a_withdrawal_the_share_outside_an_issuer_is_that_before_it(market: Market) -> None:
    policy = ignoring(cash_buffer=Decimal("0.5"))
    mine = book(market, {USDC: 0.9, BTC: 0.05}, targets={USDC: 0.5, BTC: 0.05}, policy=policy)
    reasons = [r.text for t in plan_of(mine, market, flow=-30_000).trades for r in t.reasons]
    assert any("5.0% is elsewhere, 20% is needed" in text for text in reasons), reasons


def test_a_floor_with_nothing_to_fill_it_says_so(market: Market) -> None:
    floor = replace(cap(defi=0.35)["defi"], min=Decimal("0.2"))
    wish = {BTC: 0.6, ETH: 0.3}
    plan = plan_of(
        book(market, wish, targets=wish, policy=ignoring(sectors={"defi": floor})), market
    )
    assert "nothing in it is held, wanted or a candidate" in limit_text(plan, "sector.defi.min")


def test_a_plan_leads_with_the_limit_it_mends_and_not_with_most_of_the_money(
    market: Market,
) -> None:
    wish = {BTC: 0.3, ETH: 0.3, DOGE: 0.05}
    held = {BTC: 0.6, ETH: 0.05, DOGE: 0.15}
    policy = ignoring(sectors=cap(meme=0.08), turnover=Decimal(1))
    plan = plan_of(book(market, held, targets=wish, policy=policy), market)
    kinds = {r.text: r.kind for t in plan.trades for r in t.reasons}
    assert kinds[plan.reason] is ReasonKind.SECTOR_LIMIT


@pytest.mark.parametrize("kind", [LockKind.FROZEN, LockKind.NO_SELL])
def test_a_default_limit_sells_nothing_below_its_target_for_what_is_locked(
    market: Market, kind: LockKind
) -> None:
    """AAVE holds 22% where 10% are wanted: defi is at 43% of 37%, and the others keep theirs."""
    wish = {"aave": 0.10, "curve-dao-token": 0.12, "lido-dao": 0.10, BTC: 0.40}
    held = {"aave": 0.22, "curve-dao-token": 0.115, "lido-dao": 0.095, BTC: 0.35}
    free = book(market, held, targets=wish, policy=ignoring(turnover=Decimal(1)))
    locked = tuple(
        replace(h, locks=(Lock(kind),)) if h.asset_id == "aave" else h for h in free.holdings
    )
    plan = plan_of(replace(free, holdings=locked), market)
    assert sides(plan) == {}
    (left,) = [line.text for line in plan.limits if line.name == "sector.defi.max"]
    assert "a default limit sells nothing below its target" in left
    stated = replace(free.policy, sectors=cap(defi=0.37))
    assert "curve-dao-token" in sides(
        plan_of(replace(free, holdings=locked, policy=stated), market)
    )


# Signals


def test_tilting_forbids_no_purchase_of_what_was_written(market: Market) -> None:
    grades = {
        **market.grades,
        SOL: replace(market.grades[SOL], trend=-1, lasting_bearish=True, short=10.0),
    }
    bearish = replace(market, grades=grades)
    wish = {BTC: 0.5, SOL: 0.2}
    mine = book(bearish, {BTC: 0.5}, targets=wish, policy=Policy(signals=Signals.TILT))
    assert sides(plan_of(mine, bearish))[SOL] == "buy"
    trimming = replace(mine, policy=Policy(signals=Signals.TRIM))
    assert SOL not in sides(plan_of(trimming, bearish))


@pytest.mark.parametrize("signals", [Signals.TILT, Signals.TRIM, Signals.FOLLOW])
def test_our_own_grades_move_nothing_unless_the_user_says_so(
    market: Market, signals: Signals
) -> None:
    ours = {
        a: replace(g, source="technical", trend=-1, lasting_bearish=True)
        for a, g in market.grades.items()
    }
    shown = replace(market, grades=ours)
    wish = {BTC: 0.5, SOL: 0.15, ETH: 0.2}
    mine = book(shown, wish, targets=wish, policy=Policy(signals=signals))
    assert plan_of(mine, shown).decision is Decision.HOLD


# Who is touched


def test_what_is_within_half_its_band_is_left_alone(market: Market) -> None:
    wish = {BTC: 0.4, ETH: 0.25, SOL: 0.1, UNI: 0.1}
    held = {BTC: 0.395, ETH: 0.235, SOL: 0.16, UNI: 0.04}
    plan = plan_of(book(market, held, targets=wish), market)
    assert set(sides(plan)) == {SOL, UNI}


def test_what_drifted_is_bought_with_what_others_hold_where_there_is_no_cash(
    market: Market,
) -> None:
    wish = {BTC: 0.40, ETH: 0.30, SOL: 0.10, UNI: 0.10, LINK: 0.10}
    held = {BTC: 0.424, ETH: 0.324, SOL: 0.112, UNI: 0.112, LINK: 0.028}
    plan = plan_of(book(market, held, targets=wish, policy=ignoring(min_trade=Decimal(50))), market)
    assert sides(plan)[LINK] == "buy"
    assert np.isclose(sum(p.proposed_weight for p in plan.positions), 1.0, atol=0.01)


def test_a_second_run_spends_nothing_of_the_room_that_mending_a_limit_left(
    market: Market,
) -> None:
    policy = Policy(cash_buffer=Decimal("0.2"), signals=Signals.TILT, limits=LimitUse.ENFORCE)
    held = {BTC: 0.6, ETH: 0.2, SOL: 0.1, LINK: 0.08}
    mine = book(market, held, targets={BTC: 0.4, ETH: 0.2, SOL: 0.1, LINK: 0.08}, policy=policy)
    first = plan_of(mine, market)
    # a buffer of 20% is mended to 22.5%
    assert first.proposed_cash_weight == pytest.approx(0.225, abs=0.02)
    assert plan_of(applied(mine, first), market).decision is Decision.HOLD
