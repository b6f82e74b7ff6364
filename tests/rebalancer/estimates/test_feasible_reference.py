from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.model.market import Array
from rebalancer.estimates.feasible_reference import bring_inside, ends, rows_of
from rebalancer.estimates.limits import ISSUER_SHARE, Limits
from rebalancer.estimates.trade_bounds import TradeBounds

CLOSE = 1e-9


def limits(
    n: int, *, M: Array | None = None, S_hi: Array | None = None, S_lo: Array | None = None,
    w_max: Array | None = None, b_min: float = 0.0, m_stable: Array | None = None,
    issuers: tuple[str, ...] | None = None,
) -> Limits:  # fmt: skip
    members = np.ones((n, 1)) if M is None else M
    s = members.shape[1]
    return Limits(
        asset_ids=tuple(f"a{i}" for i in range(n)),
        w_max=np.ones(n) if w_max is None else w_max,
        sector_names=tuple(f"s{j}" for j in range(s)),
        M=members,
        S_lo=np.zeros(s) if S_lo is None else S_lo,
        S_hi=np.ones(s) if S_hi is None else S_hi,
        m_stable=np.zeros(n) if m_stable is None else m_stable,
        b_min=b_min,
        issuers=issuers or ("",) * n,
        c_hard=0.0,
    )


def bounds(w0: Array, *, lock: Array | None = None, frozen: Array | None = None,
          no_buy: Array | None = None) -> TradeBounds:  # fmt: skip
    n = len(w0)
    still = np.zeros(n) if frozen is None else frozen
    held = np.where(still > 0, w0, np.zeros(n) if lock is None else lock)
    u_hi = np.ones(n) if no_buy is None else 1.0 - no_buy
    return TradeBounds(np.where(still > 0, 0.0, u_hi), w0 - held, held, still, ("",) * n)


def inside(wish: Array, w0: Array, given_: Limits, box: TradeBounds, *, spread: bool = False,
           candidates: Array | None = None) -> Array:  # fmt: skip
    none = np.zeros(len(wish)) if candidates is None else candidates
    return bring_inside(wish, w0, given_, box, spread=spread, candidates=none)


# BTC, ETH, DOGE, PEPE
SECTORS = np.array([[1.0, 0], [1, 0], [0, 1], [0, 1]])
MEMES = np.array([0.4, 0.2, 0.2, 0.2])
MEME_CAP = np.array([1.0, 0.10])


def test_a_sector_over_its_cap_shrinks_pro_rata_and_leaves_cash() -> None:
    r = inside(MEMES, MEMES, limits(4, M=SECTORS, S_hi=MEME_CAP), bounds(MEMES))
    assert r == pytest.approx([0.4, 0.2, 0.05, 0.05])


def test_what_a_cap_frees_is_spread_by_one_factor_when_asked() -> None:
    r = inside(MEMES, MEMES, limits(4, M=SECTORS, S_hi=MEME_CAP), bounds(MEMES), spread=True)
    assert r == pytest.approx([0.6, 0.3, 0.05, 0.05])


def test_spreading_goes_on_with_the_others_where_one_meets_its_cap() -> None:
    caps = np.array([0.5, 1, 1, 1])
    given_ = limits(4, M=SECTORS, S_hi=MEME_CAP, w_max=caps)
    assert inside(MEMES, MEMES, given_, bounds(MEMES), spread=True) == pytest.approx(
        [0.5, 0.4, 0.05, 0.05]
    )


def test_a_frozen_weight_stays_and_the_others_share_the_rest() -> None:
    wish, w0 = np.array([0.5, 0.3, 0.2]), np.array([0.6, 0.2, 0.2])
    r = inside(wish, w0, limits(3), bounds(w0, frozen=np.array([1.0, 0, 0])))
    assert r == pytest.approx([0.6, 0.24, 0.16])  # times 0.4 / 0.5


@pytest.mark.parametrize("kind", ["frozen", "lock"])
def test_what_is_locked_above_its_target_is_paid_for_by_all_others_and_by_cash(kind: str) -> None:
    """40% where 30% are wanted leave 60% of the 70% for the others: 40, 20 and 10 in cash."""
    wish, w0 = np.array([0.3, 0.4, 0.2]), np.array([0.4, 0.3, 0.2])
    stuck = np.array([1.0 if kind == "frozen" else 0.4, 0, 0])
    r = inside(wish, w0, limits(3), bounds(w0, **{kind: stuck}))
    assert r == pytest.approx([0.4, 0.4 * 6 / 7, 0.2 * 6 / 7])
    assert 1 - r.sum() == pytest.approx(0.1 * 6 / 7)


def test_everything_frozen_leaves_nothing_to_share() -> None:
    w0 = np.array([0.7, 0.3])
    assert inside(np.array([0.0, 1.0]), w0, limits(2), bounds(w0, frozen=np.ones(2))) == (
        pytest.approx(w0)
    )


def test_what_may_not_be_bought_is_not_wished_above_what_is_held() -> None:
    w0 = np.array([0.1, 0.5])
    r = inside(np.array([0.4, 0.5]), w0, limits(2), bounds(w0, no_buy=np.array([1.0, 0])))
    assert r == pytest.approx([0.1, 0.5])


def test_a_lock_keeps_a_sector_over_its_cap() -> None:
    w0 = np.array([0.6, 0.1, 0.3])
    given_ = limits(3, M=np.array([[1.0, 0], [1, 0], [0, 1]]), S_hi=np.array([0.25, 1.0]))
    r = bring_inside(
        w0,
        w0,
        given_,
        bounds(w0, frozen=np.array([1.0, 0, 0])),
        spread=False,
        candidates=np.zeros(3),
    )
    assert r == pytest.approx([0.6, 0.0, 0.3])


def test_a_partly_locked_asset_shrinks_to_its_lock_only() -> None:
    w0 = np.array([0.5, 0.5])
    given_ = limits(2, S_hi=np.array([0.4]))
    r = inside(w0, w0, given_, bounds(w0, lock=np.array([0.3, 0.0])))
    assert r == pytest.approx([0.3, 0.1])


def test_a_buffer_shrinks_what_is_no_reserve() -> None:
    wish = np.array([0.6, 0.2, 0.2])
    given_ = limits(3, b_min=0.4, m_stable=np.array([0.0, 0, 1]), issuers=("", "", "circle"))
    r = inside(wish, wish, given_, bounds(wish))
    assert r[2] == pytest.approx(0.2)
    assert 1 - r[:2].sum() == pytest.approx(0.4)


def test_no_more_than_its_share_of_a_buffer_stands_with_one_issuer() -> None:
    wish = np.array([0.5, 0.5])
    given_ = limits(2, b_min=0.5, m_stable=np.array([0.0, 1]), issuers=("", "circle"))
    r = inside(wish, wish, given_, bounds(wish))
    assert 1 - r.sum() == pytest.approx((1 - ISSUER_SHARE) * 0.5)


def test_an_asset_in_two_sectors_shrinks_as_a_whole() -> None:
    wish = np.array([0.6, 0.4])
    M = np.array([[0.5, 0.5], [0.0, 1.0]])
    r = inside(wish, wish, limits(2, M=M, S_hi=np.array([0.15, 1.0])), bounds(wish))
    assert r == pytest.approx([0.3, 0.4])


def test_a_floor_is_met_from_cash_by_who_is_there_already() -> None:
    wish = np.array([0.1, 0.05, 0.3, 0.0])
    r = inside(
        wish, wish, limits(4, M=SECTORS[[2, 2, 0, 2]], S_lo=np.array([0.0, 0.3])), bounds(wish)
    )
    assert r == pytest.approx([0.2, 0.1, 0.3, 0.0])


def test_a_floor_without_members_is_met_by_candidates_equally() -> None:
    wish = np.array([0.5, 0.0, 0.0, 0.0])
    r = inside(
        wish, wish, limits(4, M=SECTORS[[0, 2, 2, 2]], S_lo=np.array([0.0, 0.2])), bounds(wish),
        candidates=np.array([0.0, 1, 1, 0]),
    )  # fmt: skip
    assert r == pytest.approx([0.5, 0.1, 0.1, 0.0])


def test_an_asset_that_one_floor_brings_in_serves_the_other_floor_too() -> None:
    """The first sector has a member that may not grow; the second needs a candidate of both."""
    M = np.array([[0.5, 0.5], [1.0, 0.0]])
    wish, floors = np.array([0.0, 0.2]), np.array([0.4, 0.1])
    box = bounds(wish, no_buy=np.array([0.0, 1.0]))
    r = inside(wish, wish, limits(2, M=M, S_lo=floors), box, candidates=np.array([1.0, 0.0]))
    assert M.T @ r == pytest.approx([0.4, 0.2])


def test_a_floor_stops_where_cash_ends() -> None:
    wish = np.array([0.9, 0.05])
    r = inside(wish, wish, limits(2, M=np.eye(2), S_lo=np.array([0.0, 0.5])), bounds(wish))
    assert r == pytest.approx([0.9, 0.1])


@st.composite
def situations(draw: st.DrawFn) -> tuple[Array, Array, Limits, TradeBounds, Array]:
    """Any wish, holding, limits and locks of up to seven assets in up to three sectors."""
    n, s, seed = draw(st.integers(1, 7)), draw(st.integers(1, 3)), draw(st.integers(0, 2**31))
    dice = np.random.default_rng(seed)
    wish = dice.dirichlet(np.ones(n + 1))[:n] * draw(st.sampled_from([0.5, 1.0]))
    w0 = dice.dirichlet(np.ones(n + 1))[:n]
    sparse = dice.random(n) < 0.2
    wish, w0 = np.where(sparse, 0, wish), np.where(dice.random(n) < 0.2, 0, w0)
    M = np.eye(s)[dice.integers(0, s, n)]
    if draw(st.booleans()):
        M = 0.5 * M + 0.5 * np.eye(s)[dice.integers(0, s, n)]
    m_stable = (dice.random(n) < 0.3).astype(float)
    issuers = tuple(f"i{k % 2}" if m else "" for k, m in enumerate(m_stable))
    S_hi = np.where(dice.random(s) < 0.6, dice.uniform(0, 0.7, s), 1.0)
    given_ = limits(
        n, M=M, S_hi=S_hi, S_lo=np.where(dice.random(s) < 0.3, S_hi * dice.random(s), 0.0),
        w_max=np.where(dice.random(n) < 0.5, dice.uniform(0, 0.6, n), 1.0),
        b_min=float(draw(st.sampled_from([0.0, 0.1, 0.4]))), m_stable=m_stable, issuers=issuers,
    )  # fmt: skip
    locked = w0 * np.where(dice.random(n) < 0.25, dice.random(n), 0.0)
    frozen = (dice.random(n) < 0.2).astype(float)
    no_buy = (dice.random(n) < 0.3).astype(float)
    box = bounds(w0, lock=locked, frozen=frozen, no_buy=no_buy)
    return wish, w0, given_, box, (dice.random(n) < 0.5).astype(float)


def check(situation: tuple[Array, Array, Limits, TradeBounds, Array]) -> None:
    wish, w0, given_, box, candidates = situation
    low, high = ends(w0, given_, box)
    frozen = box.frozen.astype(bool)
    for spread in (False, True):
        r = bring_inside(wish, w0, given_, box, spread=spread, candidates=candidates)
        assert (r >= low - CLOSE).all()
        assert (r <= high + CLOSE).all()
        assert r[frozen].tolist() == w0[frozen].tolist()
        for row in rows_of(given_):  # inside, or as near as locks of what gives way allow
            assert row.q @ r <= max(row.h, row.q @ np.where(row.gives, low, r)) + CLOSE
        assert r.sum() <= max(1.0, low.sum()) + CLOSE
    cash = bring_inside(wish, w0, given_, box, spread=False, candidates=candidates)
    again = bring_inside(cash, w0, given_, box, spread=False, candidates=candidates)
    assert again == pytest.approx(cash, abs=CLOSE)
    check_nothing_rises_without_cause(situation, cash)
    check_buying_what_may_not_be_sold_moves_no_aim(situation)


def check_buying_what_may_not_be_sold_moves_no_aim(
    situation: tuple[Array, Array, Limits, TradeBounds, Array],
) -> None:
    """Once everything stands at its aim, the aims are the same, whatever is locked since.

    But for what a floor lifted above its share of the rest, or what may not be bought.
    """
    wish, w0, given_, box, chosen = situation
    box = replace(box, u_hi=np.ones_like(w0))
    caps = replace(given_, S_lo=np.zeros_like(given_.S_lo))
    r = bring_inside(wish, w0, caps, box, spread=False, candidates=chosen)
    bought = replace(box, w_lock=np.where(chosen > 0, r, np.minimum(box.w_lock, r)))
    again = bring_inside(wish, r, caps, bought, spread=False, candidates=chosen)
    assert again == pytest.approx(r, abs=CLOSE)


def check_nothing_rises_without_cause(
    situation: tuple[Array, Array, Limits, TradeBounds, Array], r: Array
) -> None:
    wish, w0, given_, box, _ = situation
    frozen = box.frozen.astype(bool)
    low, _ = ends(w0, given_, box)
    left = 1 - wish[frozen].sum()
    factor = (1 - w0[frozen].sum()) / left if left > 1e-12 else 1.0
    lifted = given_.M @ given_.S_lo > 0
    raised = r > np.maximum(low, factor * wish) + CLOSE
    assert not raised[~lifted & ~frozen].any()


def check_order(situation: tuple[Array, Array, Limits, TradeBounds, Array], seed: int) -> None:
    wish, w0, given_, box, candidates = situation
    p = np.random.default_rng(seed).permutation(len(wish))
    turned = limits(
        len(p), M=given_.M[p], S_hi=given_.S_hi, S_lo=given_.S_lo, w_max=given_.w_max[p],
        b_min=given_.b_min, m_stable=given_.m_stable[p],
        issuers=tuple(given_.issuers[i] for i in p),
    )  # fmt: skip
    other = TradeBounds(box.u_hi[p], box.v_hi[p], box.w_lock[p], box.frozen[p], box.why)
    for spread in (False, True):
        plain = bring_inside(wish, w0, given_, box, spread=spread, candidates=candidates)
        moved = bring_inside(wish[p], w0[p], turned, other, spread=spread, candidates=candidates[p])
        assert moved == pytest.approx(plain[p], abs=CLOSE)


@settings(max_examples=250)
@given(situations())
def test_any_reference_ends_inside_what_locks_allow(
    situation: tuple[Array, Array, Limits, TradeBounds, Array],
) -> None:
    check(situation)


@settings(max_examples=120)
@given(situations(), st.integers(0, 1000))
def test_order_of_the_assets_changes_nothing(
    situation: tuple[Array, Array, Limits, TradeBounds, Array], seed: int
) -> None:
    check_order(situation, seed)


@pytest.mark.campaign
@settings(max_examples=20_000)
@given(situations(), st.integers(0, 1000))
def test_any_reference_holds_in_a_long_run(
    situation: tuple[Array, Array, Limits, TradeBounds, Array], seed: int
) -> None:
    check(situation)
    check_order(situation, seed)
