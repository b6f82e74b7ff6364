from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.model.assets import Asset
from portfolios.model.market import Bars, Grade, Market, Quote
from portfolios.model.plan import ReasonKind, Side, Trade
from portfolios.model.policy import Signals
from portfolios.model.valuation import Position, Valuation
from rebalancer.estimates.limits import Limits
from rebalancer.estimates.reference import Reference
from rebalancer.estimates.trade_bounds import TradeBounds
from rebalancer.optimiser.explain.attribution import attribute
from rebalancer.optimiser.explain.reasons import ExplanationInputs, reasons_for
from rebalancer.optimiser.explain.reference_moves import reference_moves
from rebalancer.optimiser.inputs import Inputs, Row, Solution

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
COINS = ("btc", "doge", "pepe", "sol", "usdc")
SECTORS = ("layer1", "meme", "stablecoin")
SECTOR_OF = (0, 1, 1, 0, 2)
VALUE = Decimal(10_000)

few = settings(max_examples=200, deadline=None)


def case(
    held: list[float],
    after: list[float],
    *,
    wished: list[float] | None = None,
    signalled: list[float] | None = None,
    r: list[float] | None = None,
    flow: float = 0.0,
    trend: list[float] | None = None,
    grade: list[float] | None = None,
    frozen: list[int] | None = None,
    why: tuple[str, ...] = ("",) * 5,
    grades: dict[str, Grade] | None = None,
    targets: bool = True,
    signals: Signals = Signals.TILT,
    **limits: object,
) -> ExplanationInputs:
    """A portfolio of five coins worth $10,000, with an answer written down by hand."""
    w0, w = np.array(held), np.array(after)
    r0 = w0 if wished is None else np.array(wished)
    r1 = r0 if signalled is None else np.array(signalled)
    locked = np.isin(np.arange(5), frozen or [])
    inputs = Inputs(
        assets=COINS,
        alpha=np.array(trend or [0.0] * 5) + np.array(grade or [0.0] * 5),
        B=np.array([[0.15], [0.25], [0.25], [0.22], [0.0]]),
        d=np.array([0.05, 0.2, 0.3, 0.12, 0.002]),
        lam=5.0,
        theta=0.1,
        r=r1 if r is None else np.array(r),
        w0=w0,
        c0=1.0 - float(w0.sum()),
        flow=flow,
        kappa_buy=np.full(5, 0.002),
        kappa_sell=np.full(5, 0.002),
        u_lo=np.zeros(5),
        u_hi=np.ones(5),
        v_lo=np.zeros(5),
        v_hi=w0,
        w_lock=np.where(locked, w0, 0.0),
        w_max=np.ones(5),
        sector_names=SECTORS,
        M=np.eye(3)[list(SECTOR_OF)],
        S_lo=np.zeros(3),
        S_hi=np.ones(3),
        m_stable=np.array([0.0, 0, 0, 0, 1]),
        b_min=0.0,
        turnover_max=0.2,
        vol_max=None,
        c_hard=0.0,
        min_trade=0.0,
    )
    inputs = replace(inputs, **limits)
    z = w - w0
    u, v = np.maximum(z, 0), np.maximum(-z, 0)
    answer = Solution(w, u, v, float(1 - w.sum()), 0.0, 0.0, None, "test", "optimal", None, None)
    kept = Limits(
        inputs.assets, inputs.w_max, SECTORS, inputs.M, inputs.S_lo, inputs.S_hi, inputs.m_stable,
        inputs.b_min, ("",) * 5, inputs.c_hard,
    )  # fmt: skip
    return ExplanationInputs(
        inputs=inputs,
        solution=answer,
        attribution=attribute(
            inputs, answer, np.array(trend or [0.0] * 5), np.array(grade or [0.0] * 5)
        ),
        reference=Reference(r0, r1, inputs.r, kept, np.zeros(5), targets, not targets),
        bounds=TradeBounds(
            np.where(locked, 0.0, 1.0),
            np.where(locked, 0.0, w0),
            inputs.w_lock,
            locked,
            why,
        ),
        valuation=_valuation(w0, flow),
        market=_market(grades or {}),
        signals=signals,
        limits=kept,
    )


def _valuation(w0: np.ndarray, flow: float) -> Valuation:
    positions = tuple(
        Position(Asset(c, c.upper(), c), VALUE, Quote(Decimal(1), AT, "x"), VALUE) for c in COINS
    )
    return Valuation(positions, Decimal(0), VALUE * Decimal(str(flow)), AT)


def _market(grades: dict[str, Grade]) -> Market:
    bars = Bars((date(2026, 11, 21),), (), np.zeros((1, 0)), np.zeros((1, 0)))
    return Market(AT, "usd", {}, {}, grades, bars)


def trades(c: ExplanationInputs) -> list[Trade]:
    z = c.solution.w - c.inputs.w0
    return [
        Trade(a, a.upper(), Side.BUY if z[i] > 0 else Side.SELL, *[Decimal(1)] * 4)
        for i, a in enumerate(COINS)
        if z[i]
    ]


def said(c: ExplanationInputs, asset: str) -> list[tuple[ReasonKind, float, str]]:
    return [(r.kind, r.share, r.text) for r in reasons_for(c, trades(c))[asset]]


def test_drift_names_both_weights() -> None:
    c = case([0.4, 0, 0, 0.181, 0], [0.4, 0, 0, 0.12, 0], wished=[0.4, 0, 0, 0.10, 0])
    assert said(c, "sol") == [(ReasonKind.DRIFT, 1.0, "SOL 18.1% against a target of 10.0%")]


def test_drift_without_targets_speaks_of_the_recorded_weight() -> None:
    c = case([0.4, 0, 0, 0.18, 0], [0.4, 0, 0, 0.12, 0], wished=[0.4, 0, 0, 0.1, 0], targets=False)
    assert said(c, "sol")[0][2] == "SOL 18.0% against a recorded weight of 10.0%"


def test_a_sector_over_its_limit_is_the_reason_although_only_the_reference_felt_it() -> None:
    c = case(
        [0.44, 0, 0, 0.22, 0.3],
        [0.40, 0, 0, 0.20, 0.3],
        r=[0.40, 0, 0, 0.20, 0.3],
        S_hi=np.array([0.6, 1.0, 1.0]),
    )
    text = "layer1 is 6.0 points over its limit of 60%"
    assert said(c, "btc") == [(ReasonKind.SECTOR_LIMIT, 1.0, text)]
    assert said(c, "sol") == [(ReasonKind.SECTOR_LIMIT, 1.0, text)]


def test_limit_and_drift_share_a_trade_by_distance() -> None:
    c = case(
        [0.5, 0, 0, 0.3, 0.2],
        [0.5, 0, 0, 0.1, 0.2],
        wished=[0.5, 0, 0, 0.2, 0.2],
        r=[0.5 / 0.7 * 0.6, 0, 0, 0.2 / 0.7 * 0.6, 0.2],
        S_hi=np.array([0.6, 1.0, 1.0]),
        prices=replace(case([0] * 5, [0] * 5).inputs.prices, sector_hi=0.0),
    )
    kinds = {kind: share for kind, share, _ in said(c, "sol")}
    lowered = 0.2 - 0.2 / 0.7 * 0.6
    share = lowered / (0.1 + lowered)
    assert kinds[ReasonKind.SECTOR_LIMIT] / kinds[ReasonKind.DRIFT] == pytest.approx(
        share / (1 - share), rel=1e-3
    )


def test_a_coin_over_its_own_limit() -> None:
    c = case(
        [0.4, 0.08, 0, 0, 0.3],
        [0.4, 0.05, 0, 0, 0.3],
        r=[0.4, 0.05, 0, 0, 0.3],
        w_max=np.array([1, 0.05, 0.05, 1, 1]),
    )
    text = "DOGE is 3.0 points over its limit of 5%"
    assert said(c, "doge") == [(ReasonKind.ASSET_LIMIT, 1.0, text)]


def test_a_deposit_is_invested_pro_rata_and_says_so() -> None:
    before = np.array([0.5, 0, 0, 0.3, 0.2])
    held = list(before * (1 - 0.05))
    c = case(held, list(before), wished=list(before), flow=0.05)
    assert said(c, "btc") == [(ReasonKind.FLOW, 1.0, "invests the deposit of $500.00")]


def test_the_first_money_is_a_flow() -> None:
    c = case([0.0] * 5, [0.5, 0, 0, 0.3, 0.1], wished=[0.5, 0, 0, 0.3, 0.1], flow=1.0)
    assert {kind for kind, _, _ in said(c, "btc")} == {ReasonKind.FLOW}


def test_what_a_withdrawal_forces_is_said_by_rule_not_by_alpha() -> None:
    held = [0.7, 0, 0, 0.5, 0]
    c = case(
        held,
        [0.55, 0, 0, 0.45, 0],
        wished=[0.5, 0, 0, 0.4, 0],
        flow=-0.2,
        trend=[-0.02, 0, 0, -0.02, 0],
        grades={"btc": Grade("tokenmetrics", trend=-1)},
    )
    reasons = said(c, "btc")
    assert reasons[0] == (ReasonKind.FLOW, 1.0, "raises cash for the withdrawal of $2,000")


def test_a_withdrawal_from_cash_restores_the_balance() -> None:
    before = np.array([0.4, 0, 0, 0.3, 0])
    c = case(list(before * 1.1), list(before), wished=list(before), flow=-0.1, c_hard=0.0)
    assert said(c, "btc") == [
        (ReasonKind.FLOW, 1.0, "restores the balance after the withdrawal of $1,000")
    ]


def test_signals_that_lowered_the_reference_are_the_reason() -> None:
    c = case(
        [0.4, 0, 0, 0.2, 0],
        [0.4, 0, 0, 0, 0],
        signalled=[0.4, 0, 0, 0, 0],
        signals=Signals.FOLLOW,
    )
    assert said(c, "sol") == [(ReasonKind.TREND, 1.0, "bearish trend; signals = follow")]


def test_a_grade_is_set_against_the_median_of_its_own_kind() -> None:
    grades = {
        "btc": Grade("tokenmetrics", short=83.0, kind="tm"),
        "doge": Grade("tokenmetrics", short=55.0, kind="tm"),
        "sol": Grade("tokenmetrics", short=40.0, kind="tm"),
        "pepe": Grade("technical", short=99.0),
    }
    c = case([0.4, 0, 0, 0, 0], [0.45, 0, 0, 0, 0], grade=[0.02, 0, 0, 0, 0], grades=grades)
    assert said(c, "btc") == [(ReasonKind.GRADE, 1.0, "grade 83 against a median of 55")]


def test_a_trend_says_which_way() -> None:
    grades = {"btc": Grade("tokenmetrics", trend=1)}
    c = case([0.4, 0, 0, 0, 0], [0.45, 0, 0, 0, 0], trend=[0.02, 0, 0, 0, 0], grades=grades)
    assert said(c, "btc") == [(ReasonKind.TREND, 1.0, "bullish trend; signals = tilt")]


def test_an_unknown_trend_is_never_called_bearish() -> None:
    c = case([0.4, 0, 0, 0, 0], [0.35, 0, 0, 0, 0], trend=[-0.02, 0, 0, 0, 0])
    assert said(c, "btc") == [(ReasonKind.TREND, 1.0, "trend weaker than that of the others")]


def test_a_restriction_names_what_cannot_move() -> None:
    c = case(
        [0.5, 0, 0, 0.5, 0],
        [0.35, 0, 0, 0.5, 0],
        wished=[0.5, 0, 0, 0.2, 0],
        r=[0.5 * 0.5 / 0.8, 0, 0, 0.5, 0],
        frozen=[3],
        why=("", "", "", "staked until 2027-03-01", ""),
    )
    text = "SOL cannot move (staked until 2027-03-01), the others share the rest"
    assert said(c, "btc")[0][0::2] == (ReasonKind.RESTRICTION, text)


def test_what_goes_beyond_the_reference_is_risk() -> None:
    c = case([0.4, 0.3, 0, 0.2, 0], [0.3, 0.3, 0, 0.2, 0], wished=[0.4, 0.1, 0, 0.2, 0])
    text = "balances the risk it shares with DOGE, 20.0 points over its aim"
    assert said(c, "btc") == [(ReasonKind.RISK, 1.0, text)]


def test_a_buffer_below_its_floor() -> None:
    c = case(
        [0.6, 0, 0, 0.35, 0.02],
        [0.55, 0, 0, 0.30, 0.02],
        r=[0.6 / 0.95 * 0.9, 0, 0, 0.35 / 0.95 * 0.9, 0.02],
        b_min=0.1,
    )
    text = "cash and stablecoins 5.0% are under the buffer of 10%"
    kind, share, words = said(c, "btc")[0]
    assert (kind, words) == (ReasonKind.BUFFER, text)
    assert share > 0.99


def test_a_buffer_with_one_issuer() -> None:
    row = Row("buffer.circle", np.zeros(5), -1.0, -0.04, 0.1)
    c = case([0.5, 0, 0, 0, 0.5], [0.5, 0, 0, 0, 0.46], extra_rows=(row,))
    text = "too much of the buffer stands with circle: 0.0% is elsewhere, 4% is needed"
    assert (ReasonKind.BUFFER, text) in [(kind, text) for kind, _, text in said(c, "usdc")]


def test_volatility_over_its_limit() -> None:
    c = case([0.3, 0.3, 0.3, 0.1, 0], [0.3, 0.3, 0.1, 0.1, 0], vol_max=0.15)
    kind, _, text = said(c, "pepe")[0]
    assert kind is ReasonKind.VOLATILITY
    assert text == "volatility 24.3% is over its limit of 15%"


def test_a_trade_that_gains_nothing_still_has_a_reason() -> None:
    c = case([0.4, 0, 0, 0, 0], [0.35, 0, 0, 0, 0])
    assert [kind for kind, _, _ in said(c, "btc")] == [ReasonKind.RISK]


@given(st.integers(0, 2**32 - 1))
@few
def test_every_trade_has_one_to_three_reasons_whose_shares_make_sense(seed: int) -> None:
    rng = np.random.default_rng(seed)
    held, after, wished, r = (list(rng.dirichlet(np.ones(6))[:5]) for _ in range(4))
    c = case(
        held,
        after,
        wished=wished,
        r=r,
        flow=float(rng.choice([0.0, 0.3, -0.3])),
        trend=list(rng.normal(0, 0.01, 5)),
        grade=list(rng.normal(0, 0.01, 5)),
        frozen=[int(rng.integers(0, 5))],
        S_hi=rng.uniform(0.1, 1.0, 3),
        w_max=rng.uniform(0.05, 1.0, 5),
        b_min=0.1,
    )
    found = reasons_for(c, trades(c))
    assert set(found) == {t.asset_id for t in trades(c)}
    for reasons in found.values():
        shares = [reason.share for reason in reasons]
        assert 1 <= len(reasons) <= 3
        assert shares == sorted(shares, reverse=True)
        assert 0 < sum(shares) <= 1.0005
        assert all(reason.text and not reason.text.endswith(".") for reason in reasons)
        assert len({(reason.kind, reason.text) for reason in reasons}) == len(reasons)


@given(st.integers(0, 2**32 - 1))
@few
def test_the_moves_of_the_reference_sum_to_its_way(seed: int) -> None:
    rng = np.random.default_rng(seed)
    held, wished, signalled, r = (list(rng.dirichlet(np.ones(6))[:5]) for _ in range(4))
    c = case(
        held,
        held,
        wished=wished,
        signalled=signalled,
        r=r,
        frozen=list(rng.choice(5, 2, replace=False)),
        S_hi=rng.uniform(0.1, 1.0, 3),
        S_lo=rng.uniform(0.0, 0.3, 3),
        w_max=rng.uniform(0.05, 1.0, 5),
        b_min=0.2,
        c_hard=0.05,
    )
    total = sum(move.change for move in reference_moves(c.reference, c.inputs, c.bounds))
    np.testing.assert_allclose(total, c.reference.r - c.reference.wished, atol=1e-9)


def test_the_order_of_rules_decides_who_moved_the_reference() -> None:
    c = case(
        [0.4, 0.2, 0.2, 0.1, 0.1],
        [0.4, 0.05, 0.05, 0.1, 0.1],
        r=[0.4, 0.05, 0.04, 0.1, 0.1],
        w_max=np.array([1, 0.06, 0.048, 1, 1]),
        S_hi=np.array([1.0, 0.09, 1.0]),
    )
    names = [move.name for move in reference_moves(c.reference, c.inputs, c.bounds)]
    assert names == ["asset.doge.max", "asset.pepe.max", "sector.meme.max"]


def test_weight_handed_back_by_limits_is_said_to_be_so() -> None:
    c = case(
        [0.4, 0.3, 0, 0.2, 0.1],
        [0.55, 0.1, 0, 0.2, 0.1],
        r=[0.55, 0.1, 0, 0.25, 0.1],
        S_hi=np.array([1.0, 0.1, 1.0]),
    )
    assert said(c, "btc") == [
        (ReasonKind.DRIFT, 1.0, "takes its share of the weight that limits freed")
    ]


def test_a_sector_under_its_floor() -> None:
    c = case(
        [0.4, 0.02, 0, 0.2, 0.1],
        [0.4, 0.05, 0, 0.2, 0.1],
        r=[0.4, 0.05, 0, 0.2, 0.1],
        S_lo=np.array([0, 0.05, 0.0]),
    )
    text = "meme is 3.0 points under its minimum of 5%"
    assert said(c, "doge") == [(ReasonKind.SECTOR_LIMIT, 1.0, text)]
