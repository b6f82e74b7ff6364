from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from portfolios.model.plan import LimitLine
from rebalancer.estimates.limits import Limits
from rebalancer.optimiser.explain.limit_report import limit_lines
from rebalancer.optimiser.explain.shadow_prices import Solve, named_duals, nudged
from rebalancer.optimiser.inputs import Duals, Inputs, Row, Solution

NAMES = ("layer1", "meme", "stablecoin")


def program(**changes: object) -> Inputs:
    """BTC 50, DOGE 15, PEPE 15, USDC 10, cash 10; the meme sector may be 20%."""
    w0 = np.array([0.5, 0.15, 0.15, 0.1])
    base = Inputs(
        assets=("btc", "doge", "pepe", "usdc"),
        alpha=np.zeros(4),
        B=np.array([[0.15], [0.25], [0.25], [0.0]]),
        d=np.array([0.05, 0.2, 0.3, 0.0]),
        lam=5.0,
        theta=0.1,
        r=np.array([0.5, 0.1, 0.1, 0.1]),
        w0=w0,
        c0=0.1,
        flow=0.0,
        kappa_buy=np.full(4, 0.002),
        kappa_sell=np.full(4, 0.002),
        u_lo=np.zeros(4),
        u_hi=np.ones(4),
        v_lo=np.zeros(4),
        v_hi=w0,
        w_lock=np.zeros(4),
        w_max=np.ones(4),
        sector_names=NAMES,
        M=np.array([[1.0, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]]),
        S_lo=np.zeros(3),
        S_hi=np.array([1.0, 0.2, 1.0]),
        m_stable=np.array([0.0, 0, 0, 1]),
        b_min=0.0,
        turnover_max=0.2,
        vol_max=None,
        c_hard=0.0,
        min_trade=0.0,
    )
    return replace(base, **changes)


def lines(
    inputs: Inputs,
    after: list[float],
    *,
    duals: Duals | None = None,
    solve: Solve | None = None,
    stated: frozenset[str] = frozenset(),
) -> dict[str, LimitLine]:
    w = np.array(after)
    limits = Limits(
        inputs.assets, inputs.w_max, NAMES, inputs.M, inputs.S_lo, inputs.S_hi, inputs.m_stable,
        inputs.b_min, ("", "", "", "circle"), 0.0, stated,
    )  # fmt: skip
    found = limit_lines(
        inputs, answer(w, duals=duals), limits, after=w, cash_after=1 - float(w.sum()), solve=solve
    )
    assert [line.name for line in found] == sorted(line.name for line in found)
    return {line.name: line for line in found}


def answer(w: np.ndarray, *, objective: float = 0.0, duals: Duals | None = None) -> Solution:
    none = np.zeros(len(w))
    return Solution(
        w, none, none, float(1 - w.sum()), objective, objective, None, "t", "optimal", None, duals
    )


def no_duals(**changes: object) -> Duals:
    base = Duals(0.0, 0.0, np.zeros(4), np.zeros(3), np.zeros(3), 0.0, 0.0, np.zeros(0))
    return replace(base, **changes)


def test_a_limit_that_was_reached_binds_and_nothing_else_is_listed() -> None:
    found = lines(program(), [0.5, 0.1, 0.1, 0.1], stated=frozenset({"sector.meme.max"}))
    assert list(found) == ["sector.meme.max"]
    line = found["sector.meme.max"]
    assert (line.binding, line.violation, line.stated) == (True, 0.0, True)
    assert line.text == "meme is at its limit of 20%"
    assert line.value == pytest.approx(0.2)


def test_a_limit_far_away_is_not_listed() -> None:
    assert lines(program(), [0.5, 0.05, 0.1, 0.1]) == {}


def test_a_default_cap_on_what_nobody_holds_is_not_listed() -> None:
    caps = np.array([1.0, 0.0, 0.05, 1.0])
    inputs = program(w_max=caps, w0=np.array([0.5, 0, 0, 0.1]), r=np.array([0.5, 0, 0, 0.1]))
    assert lines(inputs, [0.5, 0.0, 0.0, 0.1]) == {}


def test_a_limit_met_without_any_move_is_listed_only_where_the_reference_stands_at_it() -> None:
    held = np.array([0.5, 0.1, 0.1, 0.1])
    still = program(w0=held, v_hi=held)
    assert list(lines(still, list(held))) == ["sector.meme.max"]
    away = replace(still, r=np.array([0.5, 0.05, 0.05, 0.1]))
    assert lines(away, list(held)) == {}


def test_what_locks_keep_broken_says_locked() -> None:
    inputs = program(w_lock=np.array([0, 0.15, 0.15, 0]), v_hi=np.array([0.5, 0, 0, 0.1]))
    line = lines(inputs, [0.5, 0.15, 0.15, 0.1])["sector.meme.max"]
    assert line.violation == pytest.approx(0.10)
    assert line.text == "meme stays 10.0 points over its limit of 20%; cannot fix: locked"


def test_what_the_turnover_limit_leaves_waits_for_the_next_run() -> None:
    found = lines(program(turnover_max=0.02), [0.5, 0.13, 0.13, 0.1])
    assert found["sector.meme.max"].violation == pytest.approx(0.06)
    assert found["sector.meme.max"].text.endswith("; left for the next run: turnover limit 2%")
    assert found["turnover"].binding


def test_a_mode_that_never_sells_says_so() -> None:
    line = lines(program(v_hi=np.zeros(4)), [0.5, 0.15, 0.15, 0.1])["sector.meme.max"]
    assert line.text.endswith("; cannot fix: may not be sold")


def test_a_breach_not_worth_its_cost_says_so() -> None:
    line = lines(program(), [0.5, 0.1, 0.101, 0.1])["sector.meme.max"]
    assert line.text.endswith("; left: mending it costs more than it is worth now")


def test_a_breach_below_the_smallest_trade_says_so() -> None:
    line = lines(program(min_trade=0.05), [0.5, 0.1, 0.101, 0.1])["sector.meme.max"]
    assert line.text.endswith("; left: what would mend it is less than the smallest trade")


def test_a_floor_and_the_buffer_are_measured_from_below() -> None:
    inputs = program(S_lo=np.array([0.55, 0, 0]), b_min=0.3)
    found = lines(inputs, [0.5, 0.1, 0.05, 0.1])
    assert found["sector.layer1.min"].violation == pytest.approx(0.05)
    assert found["sector.layer1.min"].text.startswith(
        "layer1 stays 5.0 points under its minimum of 55%"
    )
    reached = lines(replace(inputs, b_min=0.35), [0.5, 0.1, 0.05, 0.1])["buffer"]
    assert (reached.binding, reached.violation) == (True, 0.0)
    assert reached.text == "cash with stablecoins is at its minimum of 35%"


def test_a_buffer_that_locks_keep_short_says_locked() -> None:
    inputs = program(w_lock=np.array([0.5, 0.15, 0.15, 0.0]), b_min=0.3)
    line = lines(inputs, [0.5, 0.15, 0.15, 0.1])["buffer"]
    assert line.violation == pytest.approx(0.1)
    assert line.text.endswith("cannot fix: locked")


def test_an_asset_over_its_cap_and_an_issuer_row() -> None:
    row = Row("buffer.circle", np.zeros(4), -1.0, -0.12, 0.1)
    found = lines(program(w_max=np.array([0.4, 1, 1, 1]), extra_rows=(row,)), [0.5, 0.1, 0.1, 0.2])
    assert found["asset.btc.max"].violation == pytest.approx(0.1)
    assert found["buffer.circle"].bound == 0.12
    assert found["buffer.circle"].violation == pytest.approx(0.02)


def test_volatility_is_listed_where_it_is_limited() -> None:
    held = [0.5, 0.1, 0.1, 0.1]
    met = lines(program(vol_max=0.1325), held)["volatility"]
    assert (met.violation, met.binding) == (0.0, True)
    broken = lines(program(vol_max=0.10), held)["volatility"]
    assert broken.violation == pytest.approx(broken.value - 0.10)
    assert "volatility" not in lines(program(vol_max=0.5), held)


def rising(slope: float, most: float = 1.0) -> Solve:
    """A program whose best objective grows with the meme cap by this much per unit, to an end."""

    def solve(inputs: Inputs) -> float:
        return slope * min(float(inputs.S_hi[1]) - 0.2, most)

    return solve


@pytest.mark.parametrize(
    ("solve", "shown"),
    [(rising(0.018), 1.8), (rising(0.018, most=0.004), 0.72), (rising(0.0001), None)],
)
def test_a_price_is_what_moving_the_limit_by_a_point_brings(
    solve: Solve, shown: float | None
) -> None:
    duals = no_duals(sector_hi=np.array([0, 0.018, 0]))
    line = lines(program(), [0.5, 0.1, 0.1, 0.1], duals=duals, solve=solve)["sector.meme.max"]
    assert line.shadow_price_bps == shown
    if shown:
        text = f"meme is at its limit of 20%: one point more is worth {shown:.1f} bps"
        assert line.text == text


def test_without_solving_again_there_is_no_price() -> None:
    duals = no_duals(sector_hi=np.array([0, 0.018, 0]))
    line = lines(program(), [0.5, 0.1, 0.1, 0.1], duals=duals)["sector.meme.max"]
    assert line.shadow_price_bps is None


def test_tiny_duals_and_broken_limits_have_no_price() -> None:
    tiny = no_duals(sector_hi=np.array([0, 9e-6, 0]))
    met = lines(program(), [0.5, 0.1, 0.1, 0.1], duals=tiny, solve=rising(9e-6))
    assert met["sector.meme.max"].shadow_price_bps is None
    policy = no_duals(sector_hi=np.array([0, 0.1, 0]))
    broken = lines(program(), [0.5, 0.15, 0.15, 0.1], duals=policy, solve=rising(0.1))
    assert broken["sector.meme.max"].shadow_price_bps is None


NUDGES = [
    ("turnover", lambda p: p.turnover_max, 0.2),
    ("buffer", lambda p: -p.b_min, 0.0),
    ("volatility", lambda p: p.vol_max, 0.25),
    ("asset.doge.max", lambda p: p.w_max[1], 1.0),
    ("sector.meme.max", lambda p: p.S_hi[1], 0.2),
    ("sector.meme.min", lambda p: -p.S_lo[1], 0.0),
    ("buffer.circle", lambda p: p.extra_rows[0].hi, -0.04),
]


@pytest.mark.parametrize(("name", "read", "before"), NUDGES)
def test_a_nudge_loosens_exactly_one_limit(name: str, read: object, before: float) -> None:
    row = Row("buffer.circle", np.zeros(4), -1.0, -0.04, 0.1)
    inputs = program(vol_max=0.25, extra_rows=(row,))
    looser = nudged(inputs, name, 0.01)
    assert read(looser) == pytest.approx(before + 0.01)
    others = [read_ for name_, read_, _ in NUDGES if name_ != name]
    assert all(read_(looser) == read_(inputs) for read_ in others)


def test_duals_are_named_like_limits() -> None:
    row = Row("buffer.circle", np.zeros(4), -1.0, -0.04, 0.1)
    duals = no_duals(asset=np.array([0, 0.3, 0, 0]), rows=np.array([0.7]), sector_lo=np.ones(3))
    named = named_duals(program(extra_rows=(row,)), duals)
    assert (named["asset.doge.max"], named["buffer.circle"], named["sector.meme.min"]) == (
        0.3, 0.7, 1.0,
    )  # fmt: skip
    assert named_duals(program(), None) == {}


def test_a_floor_of_a_sector_in_which_nothing_can_be_bought_is_no_matter_of_locks() -> None:
    members = np.array([[1.0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 1]])
    inputs = program(M=members, S_lo=np.array([0, 0.2, 0]), S_hi=np.ones(3))
    line = lines(inputs, [0.5, 0.15, 0.15, 0.1])["sector.meme.min"]
    assert line.text == (
        "meme stays 20.0 points under its minimum of 20%;"
        " cannot fix: nothing in it is held, wanted or a candidate"
    )
