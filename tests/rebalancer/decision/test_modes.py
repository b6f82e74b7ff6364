"""Modes, data that may not be trusted, solvers that fail, and what causes a proposal."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from portfolios.errors import InfeasibleError, InputError
from portfolios.model.market import Market
from portfolios.model.plan import Decision, Side, Zone
from portfolios.model.policy import Mode, Policy, Signals
from portfolios.model.portfolio import Lock, LockKind
from portfolios.providers.sample.market import sample_market
from rebalancer.decision.propose import make_proposal
from rebalancer.usecases.proposals.analysis import analyse, findings_of
from rebalancer.usecases.proposals.propose import propose
from tests.rebalancer.decision.example_portfolios import applied, book, cap, ignoring, sides

BTC, ETH, SOL, UNI, LINK = "bitcoin", "ethereum", "solana", "uniswap", "chainlink"
WISH = {BTC: 0.40, ETH: 0.25, SOL: 0.10, UNI: 0.15}
DRIFTED = {BTC: 0.50, ETH: 0.22, SOL: 0.09, UNI: 0.09}


@pytest.fixture(scope="module")
def market() -> Market:
    return sample_market()


def test_cash_flow_mode_never_sells(market: Market) -> None:
    policy = ignoring(mode=Mode.CASH_FLOW)
    plan = propose(analyse(book(market, DRIFTED, targets=WISH, policy=policy), market)).plan
    assert set(sides(plan).values()) == {"buy"}
    assert BTC not in sides(plan)


def test_cash_flow_mode_sells_what_a_withdrawal_needs_and_little_more(market: Market) -> None:
    policy = ignoring(mode=Mode.CASH_FLOW)
    portfolio = book(market, WISH, targets=WISH, policy=policy)
    plan = propose(analyse(portfolio, market, flow=Decimal(-20_000))).plan
    sold = sum(t.notional for t in plan.trades if t.side is Side.SELL)
    assert 10_000 <= sold <= 11_000
    assert plan.proposed_cash >= 0


@pytest.mark.parametrize("mode", list(Mode))
def test_a_mode_does_not_move_the_reference(market: Market, mode: Mode) -> None:
    plan = propose(
        analyse(book(market, DRIFTED, targets=WISH, policy=ignoring(mode=mode)), market)
    ).plan
    found = {p.asset_id: p.reference_weight for p in plan.positions}
    assert found == pytest.approx(WISH)


def test_hybrid_mode_buys_first_and_sells_only_what_stays_over_its_band(market: Market) -> None:
    hybrid = ignoring(mode=Mode.HYBRID)
    heavy = {BTC: 0.52, ETH: 0.24, SOL: 0.09, UNI: 0.12}
    plan = propose(analyse(book(market, heavy, targets=WISH, policy=hybrid), market)).plan
    assert [t.asset_id for t in plan.trades if t.side is Side.SELL] == [BTC]
    full = propose(analyse(book(market, heavy, targets=WISH, policy=ignoring()), market)).plan
    assert plan.turnover <= full.turnover + 1e-6


def test_hybrid_mode_with_cash_enough_sells_nothing(market: Market) -> None:
    hybrid = ignoring(mode=Mode.HYBRID)
    light = {BTC: 0.40, ETH: 0.20, SOL: 0.08, UNI: 0.10}
    plan = propose(analyse(book(market, light, targets=WISH, policy=hybrid), market)).plan
    assert set(sides(plan).values()) == {"buy"}


def with_quote(market: Market, asset_id: str, **changes: object) -> Market:
    quote = replace(market.quotes[asset_id], **changes)
    return replace(market, quotes={**market.quotes, asset_id: quote})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quarantined": "100 times its median"}, "UNI: price quarantined: 100 times its median"),
        ({"at": sample_market().as_of - timedelta(hours=51)}, "UNI: price is 51 hours old"),
    ],
)
def test_a_price_that_may_not_be_trusted_withholds_the_proposal_and_not_the_zones(
    market: Market, changes: dict[str, object], words: str
) -> None:
    doubtful = with_quote(market, UNI, **changes)
    proposal = propose(analyse(book(market, DRIFTED, targets=WISH), doubtful))
    assert proposal.plan.decision is Decision.WITHHELD
    assert proposal.plan.reason == words
    assert proposal.plan.trades == ()
    assert proposal.solution is None
    assert any(f.subject == BTC and f.zone is Zone.GREEN for f in proposal.plan.zones)
    assert any(f.subject == UNI and f.zone is Zone.GREY for f in proposal.plan.zones)


def test_an_asset_nobody_knows_is_valued_at_nothing_and_never_traded(market: Market) -> None:
    known = book(market, DRIFTED, targets=WISH)
    mystery = replace(known.holdings[0], asset_id="mystery", quantity=Decimal(5))
    portfolio = replace(known, holdings=(*known.holdings, mystery), unknown=("mystery",))
    plan = propose(analyse(portfolio, market)).plan
    assert plan.decision is Decision.TRADE
    assert "mystery" not in sides(plan)
    assert any("mystery: unknown" in warning for warning in plan.warnings)


def test_a_portfolio_in_another_currency_is_refused(market: Market) -> None:
    with pytest.raises(InputError, match="is in eur, the market in usd"):
        propose(analyse(replace(book(market, WISH), currency="eur"), market))


def test_a_withdrawal_of_everything_is_refused(market: Market) -> None:
    with pytest.raises(InfeasibleError, match="leaves nothing"):
        propose(analyse(book(market, WISH), market, flow=Decimal(-500_000)))


def test_limits_that_contradict_each_other_are_named(market: Market) -> None:
    policy = ignoring(sectors={**cap(layer1=0.2), **cap(defi=0.3)})
    floor = replace(policy.sectors["layer1"], min=Decimal("0.5"))
    policy = replace(policy, sectors={**policy.sectors, "layer1": floor})
    with pytest.raises(InfeasibleError, match=r"sector.layer1.min 50% and sector.layer1.max 20%"):
        propose(analyse(book(market, WISH, policy=policy), market))


def test_a_default_cap_gives_way_to_a_stated_floor(market: Market) -> None:
    floor = replace(cap(defi=0.3)["defi"], min=Decimal("0.2"))
    portfolio = book(market, {BTC: 0.6, UNI: 0.05}, policy=ignoring(sectors={"defi": floor}))
    plan = propose(analyse(portfolio, market)).plan
    assert sides(plan)[UNI] == "buy"


def test_nothing_fires_in_range_and_nothing_is_asked(market: Market) -> None:
    proposal = propose(analyse(book(market, WISH, targets=WISH), market), requested=False)
    assert proposal.plan.trigger == ()
    assert proposal.solution is None
    assert proposal.plan.reason == "everything is in range"


@pytest.mark.parametrize(
    ("held", "flow", "fired"),
    [
        (DRIFTED, 0, ("band", "limit")),
        ({BTC: 0.40, ETH: 0.25, SOL: 0.10, UNI: 0.10, "pepe": 0.08}, 0, ("band", "limit")),
        (WISH, 5_000, ("cash_flow",)),
        (WISH, 500, ()),
    ],
)
def test_what_fires_is_said(
    market: Market, held: dict[str, float], flow: int, fired: tuple[str, ...]
) -> None:
    portfolio = book(market, held, targets=WISH)
    plan = propose(analyse(portfolio, market, flow=Decimal(flow)), requested=False).plan
    assert set(plan.trigger) - {"zone"} == set(fired)


def test_the_calendar_fires_after_its_days(market: Market) -> None:
    portfolio = book(market, WISH, targets=WISH)
    for days, fired in ((29, ()), (30, ("calendar",))):
        last = market.as_of - timedelta(days=days)
        plan = propose(analyse(portfolio, market), requested=False, last_plan_at=last).plan
        assert plan.trigger == fired


def test_a_bearish_holding_is_flagged_and_not_sold_for_its_grade_under_tilt(
    market: Market,
) -> None:
    grade = replace(market.grades[LINK], trend=-1, lasting_bearish=True, short=5.0, long=36.0)
    weak = replace(market, grades={**market.grades, LINK: grade})
    wish = {BTC: 0.4, ETH: 0.25, LINK: 0.14}
    plan = propose(
        analyse(book(weak, wish, targets=wish, policy=Policy(signals=Signals.TILT)), weak)
    ).plan
    assert LINK not in sides(plan)
    flag = next(f for f in plan.zones if f.rule == "bearish_weight" and f.subject == LINK)
    assert "a trend alone sells nothing" in flag.text


def test_zones_need_no_proposal_and_are_those_of_the_plan(market: Market) -> None:
    portfolio = book(market, DRIFTED, targets=WISH)
    analysis = analyse(portfolio, market)
    plan, alone = propose(analysis).plan, findings_of(analysis)
    assert [(f.rule, f.subject, f.zone) for f in alone] == [
        (f.rule, f.subject, f.zone) for f in plan.zones
    ]


def test_a_plan_is_made_from_the_findings_that_are_given(market: Market) -> None:
    analysis = analyse(book(market, WISH, targets=WISH), market)
    findings = findings_of(analysis)
    assert propose(analysis, findings=findings).plan == propose(analysis).plan
    assert propose(analysis, findings=(), requested=False).plan.zones == ()
    assert findings


def test_findings_are_those_before_a_cash_flow(market: Market) -> None:
    portfolio = book(market, WISH, targets=WISH)
    doubled = analyse(portfolio, market, flow=Decimal(100_000))
    now, before = findings_of(analyse(portfolio, market)), findings_of(doubled)
    assert [(f.rule, f.subject, f.zone) for f in now] == [
        (f.rule, f.subject, f.zone) for f in before
    ]


def test_every_reason_of_a_drifted_portfolio_names_its_target(market: Market) -> None:
    portfolio = book(market, DRIFTED, targets=WISH)
    plan = propose(analyse(portfolio, market)).plan
    for trade in plan.trades:
        assert any("against a target of" in reason.text for reason in trade.reasons)
    assert propose(analyse(applied(portfolio, plan), market)).plan.decision is Decision.HOLD


def test_without_a_verified_answer_the_plan_holds_and_says_why(market: Market) -> None:
    analysis = analyse(book(market, DRIFTED, targets=WISH), market)
    broken = replace(analysis, alpha=replace(analysis.alpha, grade=analysis.alpha.grade * np.nan))
    proposal = make_proposal(broken, findings_of(analysis), requested=True)
    assert proposal.plan.decision is Decision.HOLD
    assert proposal.plan.trades == ()
    assert proposal.plan.reason.startswith("no verified answer, so nothing is proposed: alpha")
    assert proposal.plan.solver is None


def test_zones_now_are_those_before_a_withdrawal(market: Market) -> None:
    portfolio = book(market, DRIFTED, targets=WISH, policy=ignoring())
    plain = propose(analyse(portfolio, market)).plan
    drained = propose(analyse(portfolio, market, flow=Decimal(-80_000))).plan
    now = {(z.code, z.subject): z.value for z in plain.zones}
    then = {(z.code, z.subject): z.value for z in drained.zones}
    for key, value in now.items():
        assert then[key] == (None if value is None else pytest.approx(value)), key


def test_a_withdrawal_beyond_what_can_be_raised_is_refused_in_money(market: Market) -> None:
    free = book(market, {BTC: 0.9}, policy=ignoring())
    (held,) = free.holdings
    frozen = replace(free, holdings=(replace(held, locks=(Lock(LockKind.FROZEN),)),))
    with pytest.raises(InfeasibleError) as caught:
        propose(analyse(frozen, market, flow=Decimal(-50_000)))
    assert "$50,000 is more than can be raised" in str(caught.value)
    assert "$10,000 after costs" in str(caught.value)


def test_a_target_that_may_not_be_bought_is_said_to_wait_in_cash(market: Market) -> None:
    grades = {**market.grades, SOL: replace(market.grades[SOL], trend=-1, lasting_bearish=True)}
    bearish = replace(market, grades=grades)
    portfolio = book(
        bearish, {BTC: 0.40}, targets={BTC: Decimal("0.4"), SOL: Decimal("0.2")},
        policy=Policy(signals=Signals.TRIM),
    )  # fmt: skip
    plan = propose(analyse(portfolio, bearish)).plan
    (note,) = [text for text in plan.warnings if text.startswith("SOL")]
    assert "bearish trend" in note
    assert "20.0% wait in cash" in note


def test_cash_flow_mode_sells_the_heaviest_for_a_withdrawal(market: Market) -> None:
    policy = ignoring(mode=Mode.CASH_FLOW)
    heavy = {BTC: 0.60, ETH: 0.20, SOL: 0.10, UNI: 0.10}
    portfolio = book(market, heavy, targets=WISH, policy=policy)
    plan = propose(analyse(portfolio, market, flow=Decimal(-8_000))).plan
    sold = {t.asset_id: t.notional for t in plan.trades if t.side is Side.SELL}
    assert not set(sold) & {ETH, UNI}  # both lie below their targets
    assert sold[BTC] > Decimal("0.9") * sum(sold.values())
