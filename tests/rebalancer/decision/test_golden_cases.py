"""Small proposals whose figures a person can work out, each followed by a second run.

Trades cost nothing here unless a case is about costs, so that what drifted ends exactly at its aim:
a weight after the trades is the aim that the row derives, whatever the covariance says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest

from portfolios.model.market import Market
from portfolios.model.measures import portfolio_volatility
from portfolios.model.plan import Decision, Plan, Side
from portfolios.model.policy import Mode, Policy, Range, Signals
from portfolios.model.portfolio import Lock, LockKind, Portfolio
from portfolios.providers.sample.market import sample_market
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from tests.rebalancer.decision.example_portfolios import applied, book, cap, ignoring, sides

BTC, ETH, SOL, UNI, AAVE, LINK, DOGE, PEPE, NEAR, WBTC = (
    "bitcoin", "ethereum", "solana", "uniswap", "aave", "chainlink", "dogecoin", "pepe", "near",
    "wrapped-bitcoin",
)  # fmt: skip
POINT = 0.01
MARKET = sample_market()


@dataclass(frozen=True)
class Case:
    """What is held and wanted of $100,000, and the weights after; what is not named stays.

    Attributes:
        says: what a person would say of it.
        held, wish: weights; the rest is cash.
        after: weights after the trades, of the value after the flow.
        policy: what is stated beside free trades and ignored signals.
        flow: money in or out.
        frozen: what may not move.
        asked: somebody asks; otherwise a round looks whether there is cause.
    """

    says: str
    held: Mapping[str, float]
    wish: Mapping[str, float]
    after: Mapping[str, float] = field(default_factory=dict)
    policy: Mapping[str, object] = field(default_factory=dict)
    flow: int = 0
    frozen: tuple[str, ...] = ()
    asked: bool = True

    @property
    def portfolio(self) -> Portfolio:
        policy = ignoring(**{"fee": Decimal(0), "turnover": Decimal(1), **self.policy})
        return book(MARKET, self.held, policy=policy, targets=self.wish, frozen=self.frozen)


def room(target: float) -> float:
    """The band of a weight: a quarter of it, at least one point, at most five."""
    return max(POINT, min(5 * POINT, target / 4))


def inner(limit: float) -> float:
    """Where a trade ends that mends a cap: half a band inside."""
    return limit - room(limit) / 2


DEFI = {AAVE: 0.15, UNI: 0.15}
CASES = [
    # Bands: 40% has five points, 10% has 2.5, 2% has one.
    Case("ten points over, sold to the target", {BTC: 0.50}, {BTC: 0.40}, {BTC: 0.40}),
    Case("six points over, found by a round", {BTC: 0.46}, {BTC: 0.40}, {BTC: 0.40}, asked=False),
    Case("three points over wait for a round", {BTC: 0.43}, {BTC: 0.40}, asked=False),
    Case("three points over, when asked", {BTC: 0.43}, {BTC: 0.40}, {BTC: 0.40}),
    Case("two points over are within half the band", {BTC: 0.42}, {BTC: 0.40}),
    Case("2.4 points of 2.5 over wait", {UNI: 0.124}, {UNI: 0.10}, asked=False),
    Case("2.6 points of 2.5 over do not", {UNI: 0.126}, {UNI: 0.10}, {UNI: 0.10}, asked=False),
    Case("0.9 points over a target of 2% wait", {LINK: 0.029}, {LINK: 0.02}, asked=False),
    Case("1.2 points do not", {LINK: 0.032}, {LINK: 0.02}, {LINK: 0.02}, asked=False),
    Case("a stated band of 3 points is halved too", {BTC: 0.42}, {BTC: 0.40}, {BTC: 0.40},
         {"band": Decimal("0.03")}),
    Case("two coins that move together change places", {BTC: 0.32, ETH: 0.33},
         {BTC: 0.40, ETH: 0.25}, {BTC: 0.40, ETH: 0.25}),
    # Limits: the aim is the target, or the inner edge where that is lower.
    Case("a cap above the target", {LINK: 0.105}, {LINK: 0.08}, {LINK: 0.08},
         {"assets": cap(chainlink=0.10)}),
    Case("a cap below the target", {LINK: 0.10}, {LINK: 0.10}, {LINK: inner(0.08)},
         {"assets": cap(chainlink=0.08)}),
    Case("a default cap below the target says nothing", {LINK: 0.09}, {LINK: 0.09}),
    Case("beyond target and band it does", {LINK: 0.116}, {LINK: 0.09}, {LINK: 0.09}, asked=False),
    Case("a sector over its cap shrinks pro rata", DEFI, DEFI,
         {AAVE: inner(0.20) / 2, UNI: inner(0.20) / 2}, {"sectors": cap(defi=0.20)}),
    Case("its locked half stays, the other gives way", {DOGE: 0.06, PEPE: 0.06},
         {DOGE: 0.06, PEPE: 0.06}, {PEPE: inner(0.10) - 0.06},
         {"sectors": cap(meme=0.10)}, frozen=(DOGE,)),
    Case("a floor is filled from cash", {UNI: 0.05}, {UNI: 0.05}, {UNI: 0.10 + room(0.10) / 2},
         {"sectors": {"defi": Range(min=Decimal("0.10"))}}),
    Case("a floor is filled with a candidate", {BTC: 0.5}, {BTC: 0.5}, {AAVE: 0.1 + room(0.1) / 2},
         {"sectors": {"defi": Range(min=Decimal("0.10"))}, "candidates": (AAVE,)}),
    Case("a buffer is filled by all coins pro rata", {BTC: 0.60, ETH: 0.25}, {BTC: 0.60, ETH: 0.25},
         {a: w / 0.85 * (1 - 0.20 - room(0.20) / 2) for a, w in {BTC: 0.60, ETH: 0.25}.items()},
         {"cash_buffer": Decimal("0.20")}),
    Case("nothing locked is sold, whatever its limit", {BTC: 0.90}, {BTC: 0.90}, {},
         {"assets": cap(bitcoin=0.50)}, frozen=(BTC,)),
    Case("a wrapped coin stands for another and has no cap", {WBTC: 0.70}, {WBTC: 0.70}),
    # Money in and out: the targets are shares of what there is then.
    Case("a deposit of a fifth", {BTC: 0.5, ETH: 0.5}, {BTC: 0.5, ETH: 0.5},
         {BTC: 0.5, ETH: 0.5}, flow=20_000),
    Case("a deposit buys what is missing and sells nothing", {BTC: 0.6, ETH: 0.4},
         {BTC: 0.5, ETH: 0.5}, {BTC: 60 / 120, ETH: (40 + 20) / 120}, flow=20_000),
    Case("half a percent waits for the next occasion", {BTC: 0.5, ETH: 0.5},
         {BTC: 0.5, ETH: 0.5}, {BTC: 50 / 100.5, ETH: 50 / 100.5}, flow=500, asked=False),
    Case("a withdrawal from two coins", {BTC: 0.6, ETH: 0.4}, {BTC: 0.6, ETH: 0.4},
         {BTC: 0.6, ETH: 0.4}, flow=-10_000),
    Case("a withdrawal from cash", {BTC: 0.5}, {BTC: 0.5}, {BTC: 0.5}, flow=-20_000),
    # The smallest trade: left alone, at least that, or whole where nothing is wanted.
    Case("4 points would leave 1.5 too much 2.5 too little", {UNI: 0.08}, {UNI: 0.065}, {},
         {"min_trade": Decimal(4000)}),
    Case("4 points instead of 3", {UNI: 0.08}, {UNI: 0.05}, {UNI: 0.04},
         {"min_trade": Decimal(4000)}),
    Case("what is not wanted goes whole", {UNI: 0.02}, {}, {UNI: 0.0},
         {"min_trade": Decimal(4000)}),
    Case("$4 are nothing that an exchange executes", {UNI: 0.00004}, {}),
    Case("0.4 points that nobody wants are within half a band", {UNI: 0.004}, {}),
    # Cash, costs, turnover, modes.
    Case("what targets leave is cash", {BTC: 0.6, ETH: 0.1}, {BTC: 0.6}, {ETH: 0.0}),
    Case("at a tenth in fees ten points are not worth it", {BTC: 0.50}, {BTC: 0.40}, {},
         {"fee": Decimal("0.10")}),
    Case("a candidate without a target is not bought", {BTC: 0.5}, {BTC: 0.5}, {},
         {"candidates": (NEAR,)}),
    Case("what never sells spends its cash", {BTC: 0.6, ETH: 0.3}, {BTC: 0.5, ETH: 0.5},
         {ETH: 0.4}, {"mode": Mode.CASH_FLOW}),
]  # fmt: skip


def plan_of(portfolio: Portfolio, *, flow: int = 0, asked: bool = True) -> Plan:
    analysis = analyse(portfolio, MARKET, flow=Decimal(flow))
    return propose(analysis, requested=asked).plan


def weights(plan: Plan) -> dict[str, float]:
    return {p.asset_id: p.proposed_weight for p in plan.positions if p.proposed_weight > 0}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_a_person_nods_and_the_second_run_does_nothing(case: Case) -> None:
    plan = plan_of(case.portfolio, flow=case.flow, asked=case.asked)
    wanted = {a: w for a, w in {**case.held, **case.after}.items() if w > 0}
    assert weights(plan) == pytest.approx(wanted, abs=1e-4)
    again = plan_of(applied(case.portfolio, plan) if plan.trades else case.portfolio)
    assert again.decision is Decision.HOLD or not (case.asked or plan.trades)


def test_sixty_points_at_twenty_five_a_time_take_three_steps() -> None:
    free = ignoring(fee=Decimal(0), turnover=Decimal("0.25"))
    now, found = book(MARKET, {BTC: 0.80}, policy=free, targets={BTC: 0.20}), []
    while (plan := plan_of(now)).trades:
        now = applied(now, plan)
        found.append(round(weights(plan)[BTC], 3))
        if len(found) == 1:
            text = next(line.text for line in plan.limits if line.name == "turnover")
            assert "step 1 of about 3" in text
    assert found == [0.55, 0.30, 0.20]


def test_what_is_wanted_is_not_sold_whole_because_its_drift_is_too_little_to_trade() -> None:
    """Of $60, 14% stand where 10% are wanted: $2.40 too much, $8.40 to sell, $10 a trade."""
    wish = {BTC: 0.40, ETH: 0.40, DOGE: 0.10}
    made = book(MARKET, {**wish, DOGE: 0.14}, policy=ignoring(), targets=wish)
    small = Decimal("0.0006")
    held = tuple(replace(h, quantity=h.quantity * small) for h in made.holdings)
    plan = plan_of(replace(made, holdings=held, cash=made.cash * small))
    assert plan.decision is Decision.HOLD
    assert plan.reason == (
        "no trade mends what is broken: dogecoin stays 1.5 points over its limit of 12.5%; "
        "left: what would mend it is less than the smallest trade"
    )


def test_what_a_lock_of_a_part_leaves_is_all_that_is_sold() -> None:
    """40% of it, three quarters locked with another keeper, wanted at 20%: 10 points are free."""
    made = book(MARKET, {BTC: 0.40}, policy=ignoring(fee=Decimal(0)), targets={BTC: 0.20})
    (held,) = made.holdings
    lock = Lock(LockKind.FROZEN, quantity=(held.quantity * 3 / 4).quantize(Decimal("1e-8")))
    made = replace(made, holdings=(replace(held, locks=(lock,)),))
    plan = plan_of(made)
    assert weights(plan)[BTC] == pytest.approx(0.40 - 0.40 / 4, abs=1e-4)
    assert plan_of(applied(made, plan)).decision is Decision.HOLD


def test_half_the_volatility_is_half_the_bitcoin() -> None:
    made = book(MARKET, {BTC: 0.80}, policy=ignoring(fee=Decimal(0)), targets={BTC: 0.80})
    analysis = analyse(made, MARKET)
    half = Decimal(str(round(portfolio_volatility(analysis.w0, analysis.risk.covariance) / 2, 6)))
    stated = replace(made.policy, max_volatility=half, turnover=Decimal(1))
    calm = replace(made, policy=stated)
    plan = plan_of(calm)
    assert weights(plan)[BTC] == pytest.approx(0.40, abs=1e-3)
    assert plan_of(applied(calm, plan)).decision is Decision.HOLD


@pytest.mark.parametrize(
    ("signals", "left"),
    [
        (Signals.IGNORE, 0.15),
        (Signals.TRIM, (0.15 + room(0.15)) / 2),  # half of its cap, which leaves the target room
        (Signals.FOLLOW, 0.0),
    ],
)
def test_a_bearish_weak_coin_ends_where_signals_say(signals: Signals, left: float) -> None:
    grade = replace(MARKET.grades[SOL], trend=-1, lasting_bearish=True, short=5.0)
    bearish = replace(MARKET, grades={**MARKET.grades, SOL: grade})
    policy = Policy(signals=signals, fee=Decimal(0), turnover=Decimal(1))
    wish = {BTC: 0.50, SOL: 0.15}
    made = book(bearish, wish, policy=policy, targets=wish)
    plan = propose(analyse(made, bearish)).plan
    assert weights(plan).get(SOL, 0.0) == pytest.approx(left, abs=7.5e-3)
    assert propose(analyse(applied(made, plan), bearish)).plan.decision is Decision.HOLD


def test_a_list_of_one_coin_is_told_what_its_cap_takes_and_in_how_many_steps() -> None:
    """A cap of 60% is mended to 57.5%: $42,500 of $100,000, at 20% a time in three steps."""
    plan = plan_of(book(MARKET, {BTC: 1.0}, policy=Policy(signals=Signals.IGNORE), recorded=False))
    assert plan.decision is Decision.HOLD
    (note,) = [text for text in plan.warnings if text.startswith("inside the balanced limits")]
    assert "$42,500, in about 3 steps;" in note


def test_in_euros_the_same_weights_make_the_same_trade() -> None:
    rate = Decimal("0.9")
    quotes = {a: replace(q, price=q.price * rate) for a, q in MARKET.quotes.items()}
    bars = replace(MARKET.bars, close=MARKET.bars.close * float(rate))
    euros: Market = replace(MARKET, currency="eur", quotes=quotes, bars=bars)
    made = book(euros, {BTC: 0.50}, policy=ignoring(fee=Decimal(0)), targets={BTC: 0.40})
    plan = propose(analyse(replace(made, currency="eur"), euros)).plan
    assert [(t.asset_id, t.side) for t in plan.trades] == [(BTC, Side.SELL)]
    assert plan.trades[0].notional == pytest.approx(Decimal(10_000), abs=1)


def test_a_sale_of_ten_points_pays_its_fee_from_what_it_brings() -> None:
    """At 0.4% of $10,000 the fee is at most $40; the sale stops where the last dollar pays it."""
    policy = ignoring(fee=Decimal("0.004"))
    plan = plan_of(book(MARKET, {BTC: 0.50}, policy=policy, targets={BTC: 0.40}))
    assert sides(plan) == {BTC: "sell"}
    # The last dollar gains 0.1 of the distance that is left, and more for risk: 0.004 / 0.1.
    assert 0.40 <= weights(plan)[BTC] <= 0.40 + 0.004 / 0.1
    (trade,) = plan.trades
    assert trade.cost == pytest.approx(trade.notional * Decimal("0.004"), abs=Decimal("0.01"))
    assert plan.proposed_cash == plan.cash + trade.notional - trade.cost
